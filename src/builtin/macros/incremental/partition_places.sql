{# Where the rows of a period are: in the partition that is named by it, or elsewhere in a table that somebody has arranged in another way. #}

{# Of a relation `class`: whether it is a partition for just this period. The name alone does not say so. #}
{% macro rsdbt_is_partition_of_window_sql(target, window, columns) -%}
  {%- set side = '' if rsdbt_field_kind(columns) == 'instant' else 'local_' -%}
  {%- set type = rsdbt_field_column(columns).dtype -%}
  exists (
    select from pg_catalog.pg_inherits as link
    cross join lateral (
      select pg_catalog.regexp_match(
        case when link.inhrelid = class.oid then pg_catalog.pg_get_expr(class.relpartbound, class.oid) end, 'FROM \(''([^'']+)''\) TO \(''([^'']+)''\)'
      ) as ends
    ) as bound
    where link.inhrelid = class.oid and link.inhparent = {{ rsdbt_regclass(target) }}
      and bound.ends[1]::{{ type }} = '{{ window[side ~ 'start'] }}'::{{ type }} and bound.ends[2]::{{ type }} = '{{ window[side ~ 'end'] }}'::{{ type }}
  )
{%- endmacro %}

{# By the local start, windows without a partition of their own, but with rows in the table, or within another partition. #}
{% macro rsdbt_windows_elsewhere(target, columns, windows, states) %}
  {%- set without = [] -%}
  {%- for window in windows if not states[window['local_start']] -%}
    {%- do without.append(window) -%}
  {%- endfor -%}
  {%- set own = {'from': target ~ ' as own', 'at': 'own.' ~ rsdbt_partitioning().field, 'type': rsdbt_field_column(columns).dtype, 'kind': rsdbt_field_kind(columns)} -%}
  {%- set elsewhere = {} -%}
  {%- for window in rsdbt_windows_but(without, rsdbt_windows_without_rows(without, [own])) + rsdbt_windows_within(target, columns, without) -%}
    {%- do elsewhere.update({window['local_start']: true}) -%}
  {%- endfor -%}
  {{ return(elsewhere) }}
{% endmacro %}

{# Those that other partitions overlap; the default partition takes part of nothing. #}
{% macro rsdbt_windows_within(target, columns, windows) %}
  {%- set side = '' if rsdbt_field_kind(columns) == 'instant' else 'local_' -%}
  {%- set type = rsdbt_field_column(columns).dtype -%}
  {%- set asked = [] -%}
  {%- for window in windows -%}
    {%- do asked.append('(' ~ loop.index0 ~ ", '" ~ window[side ~ 'start'] ~ "'::" ~ type ~ ", '" ~ window[side ~ 'end'] ~ "'::" ~ type ~ ')') -%}
  {%- endfor -%}
  {%- set query -%}
    with {{ rsdbt_partitions_with_bounds(target, 'part') }},
    edge as materialized (
      select
        (pg_catalog.regexp_match(bounds, 'FROM \(''([^'']+)''\)'))[1]::{{ type }} as low, (pg_catalog.regexp_match(bounds, 'TO \(''([^'']+)''\)'))[1]::{{ type }} as high
      from part
      where bounds <> 'DEFAULT'
    )
    select number from (values {{ asked | join(', ') }}) as asked (number, start, stop)
    where exists (select from edge where (low is null or low < stop) and (high is null or high > start))
  {%- endset -%}
  {%- set within = [] -%}
  {%- for row in (adapter.introspect(query).rows if asked else []) -%}
    {%- do within.append(windows[row[0]]) -%}
  {%- endfor -%}
  {{ return(within) }}
{% endmacro %}

{# In place, through the table. {rows, error, fresh: none}. `first`: statements that go before. #}
{% macro rsdbt_overwrite_elsewhere(target, rows, columns, window, first=[]) %}
  {%- set references = adapter.introspect(
    "select pg_catalog.string_agg(pg_catalog.format('%I of %s', conname, conrelid::pg_catalog.regclass), ', ' order by conname) from pg_catalog.pg_constraint"
    ~ " where contype = 'f' and conparentid = 0 and confdeltype in ('c', 'n', 'd') and confrelid in (select relid from pg_catalog.pg_partition_tree("
    ~ rsdbt_regclass(target) ~ '))'
  ).rows[0][0] -%}
  {%- if references and rsdbt_has_rows(target, rsdbt_of_window(window, columns)) -%}
    {{ return({'rows': 0, 'error': 'foreign key ' ~ references ~ ' would delete or change rows of other tables'}) }}
  {%- endif -%}
  {{ return(rsdbt_overwrite_in_place(target, target, rows, columns, window, rsdbt_of_window(window, columns), first)) }}
{% endmacro %}

{% macro rsdbt_of_window(window, columns) %}
  {{ return(rsdbt_in_windows(rsdbt_partitioning().field, rsdbt_field_kind(columns), [window])) }}
{% endmacro %}
