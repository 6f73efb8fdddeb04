{#
  A partition keeps the bounds that it was made with. After a change of `partition_by`, one that lies across the new periods has rows of
  several of them: to replace it by one would lose the others. Partitions that others have made are overwritten in place.
#}

{# Gives whether something of the table itself may act on rows that are written through it. #}
{% macro rsdbt_refuse_other_partitions(target, columns, windows) %}
  {%- set by = rsdbt_partitioning() -%}
  {%- set help = '; nothing was changed\nhelp: after a change of `partitioned` or `partition_by`, run with --full-refresh' -%}
  {%- set keyed -%}
    select class.relhastriggers or class.relhasrules or class.relrowsecurity
    from pg_catalog.pg_partitioned_table
    join pg_catalog.pg_class as class on class.oid = partrelid
    join pg_catalog.pg_attribute on attrelid = partrelid and attnum = partattrs[0]
    where partrelid = {{ rsdbt_regclass(target) }} and partstrat = 'r' and partnatts = 1
      and attname = '{{ escape_single_quotes(by.field[1:-1] | replace('""', '"')) }}'
  {%- endset -%}
  {%- set found = adapter.introspect(keyed).rows -%}
  {%- if not found -%}
    {{ exceptions.raise_database_error(target.render() ~ ' is not partitioned by range of ' ~ by.field ~ help) }}
  {%- endif -%}
  {%- for name, bounds in adapter.introspect(rsdbt_partitions_across_sql(target, columns, windows)).rows -%}
    {{ exceptions.raise_database_error(
      'partition ' ~ name ~ ' of ' ~ target.render() ~ ' (' ~ bounds ~ ') lies across periods of granularity ' ~ by.granularity ~ ' in time zone '
      ~ by.time_zone ~ help
    ) }}
  {%- endfor -%}
  {{ return(found[0][0]) }}
{% endmacro %}

{#
  A table expression: the partitions of a table, with the text of their bounds. Materialized, so that the server asks for no bounds but
  these: a partition of another table may be dropped meanwhile.
#}
{% macro rsdbt_partitions_with_bounds(target, name) -%}
  {{ name }} as materialized (
    select pg_class.oid as id, relname::text as name, pg_catalog.pg_get_expr(relpartbound, pg_class.oid) as bounds
    from pg_catalog.pg_inherits
    join pg_catalog.pg_class on pg_class.oid = inhrelid
    where inhparent = {{ rsdbt_regclass(target) }}
  )
{%- endmacro %}

{# The first of those that overlap a window and are not one. #}
{% macro rsdbt_partitions_across_sql(target, columns, windows) -%}
  {%- set side = '' if rsdbt_field_kind(columns) == 'instant' else 'local_' -%}
  {%- set ranges = [] -%}
  {%- for window in windows -%}
    {%- do ranges.append('[' ~ window[side ~ 'start'] ~ ',' ~ window[side ~ 'end'] ~ ')') -%}
  {%- endfor -%}
  {%- set value = "::timestamptz at time zone 'UTC'" if rsdbt_field_column(columns).dtype == 'timestamp with time zone' else '::timestamp' -%}
  with {{ rsdbt_partitions_with_bounds(target, 'part') }},
  ranged as (
    select name, bounds, pg_catalog.tsrange(edge[1]{{ value }}, edge[2]{{ value }}) as period
    from part
    cross join lateral pg_catalog.regexp_match(bounds, $$^FOR VALUES FROM \('([^']+)'\) TO \('([^']+)'\)$$) as found (edge)
    where edge is not null and name ~ '_p[0-9]{6,8}(_[0-9]{2})?$'
  )
  select name, bounds
  from ranged
  where period operator(pg_catalog.&&) '{ {{- ranges | join(',') -}} }'::pg_catalog.tsmultirange
    and period not in (select pg_catalog.unnest('{ {{- '"' ~ ranges | join('","') ~ '"' if ranges -}} }'::pg_catalog.tsrange[]))
  order by name
  limit 1
{%- endmacro %}
