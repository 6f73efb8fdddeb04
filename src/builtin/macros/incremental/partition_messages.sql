{# What the node's warnings say of periods and rows. #}

{% macro rsdbt_warn(text) %}
  {%- do exceptions.warn(this.identifier ~ ': ' ~ text) -%}
{% endmacro %}

{% macro rsdbt_counted(count, one, more) -%}
  {{ count }} {{ one if count == 1 else more }}
{%- endmacro %}

{# The first five, by their start. #}
{% macro rsdbt_listed_periods(windows) -%}
  {%- set starts = [] -%}
  {%- for window in windows[:5] -%}
    {%- do starts.append(window['local_start'][:16] if rsdbt_partitioning().granularity == 'hour' else window['local_start'][:10]) -%}
  {%- endfor -%}
  {{ starts | join(', ') }}{{ ' and ' ~ (windows | length - 5) ~ ' more' if windows | length > 5 }}
{%- endmacro %}

{# Of inputs with an event_time that may be NULL. `infinite`: those count as well, for which a run that compares periods looks anyway. #}
{% macro rsdbt_warn_of_rows_without_event_time(infinite=false) %}
  {%- for node in rsdbt_inputs_with_event_time() -%}
    {%- set column = rsdbt_event_column(node, rsdbt_columns_of_input(node)) -%}
    {%- set at = 'input.' ~ column.quoted -%}
    {%- set relation = api.Relation.create(database=node.database, schema=node.schema, identifier=node.identifier or node.alias) -%}
    {%- set query -%}
      select counted.nulls, counted.others
      from (
        select exists (
          select from pg_catalog.pg_attribute
          where attrelid = {{ rsdbt_regclass(relation) }} and attname = '{{ escape_single_quotes(column.name) }}' and attnotnull
        ) as never_null
      ) as rsdbt_known
      cross join lateral (
        select pg_catalog.count(*) - pg_catalog.count({{ at }}) as nulls, pg_catalog.count({{ at }}) as others
        from {{ node.relation_name }} as input
        where not rsdbt_known.never_null and {{ at }} is null {{ 'or ' ~ at ~ " in ('infinity', '-infinity')" if infinite }}
      ) as counted
    {%- endset -%}
    {%- set row = run_query(query).rows[0] -%}
    {%- do rsdbt_warn_of_unread_rows(node, row[0], ' without a `' ~ column.name ~ '` ') -%}
    {%- do rsdbt_warn_of_infinite_event_times(node, row[1]) -%}
  {%- endfor -%}
{% endmacro %}

{% macro rsdbt_warn_of_infinite_event_times(node, count) %}
  {%- do rsdbt_warn_of_unread_rows(node, count, ' with an infinite `' ~ rsdbt_event_column(node, rsdbt_columns_of_input(node)).name ~ '` ') -%}
{% endmacro %}

{% macro rsdbt_warn_of_unread_rows(node, count, which) %}
  {%- if count > 0 -%}
    {%- do rsdbt_warn(
      rsdbt_counted(count, 'row', 'rows') ~ ' of ' ~ (node.source_name ~ '.' if node.source_name) ~ node.name ~ which
      ~ ('belongs' if count == 1 else 'belong') ~ ' to no period and ' ~ ('is' if count == 1 else 'are') ~ ' not read by `in_partitions`'
    ) -%}
  {%- endif -%}
{% endmacro %}
