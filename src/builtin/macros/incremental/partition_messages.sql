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

{# Of inputs with an event_time that may be NULL. #}
{% macro rsdbt_warn_of_rows_without_event_time() %}
  {%- for node in rsdbt_inputs_with_event_time() -%}
    {%- set column = rsdbt_event_column(node, rsdbt_columns_of_input(node)) -%}
    {%- set row = run_query(
      'select case when exists (select from pg_catalog.pg_attribute where attrelid = ' ~ rsdbt_regclass(api.Relation.create(
        database=node.database, schema=node.schema, identifier=node.identifier or node.alias)) ~ " and attname = '" ~ escape_single_quotes(column.name)
      ~ "' and attnotnull) then 0 else (select pg_catalog.count(*) from " ~ node.relation_name ~ ' where ' ~ column.quoted ~ ' is null) end'
    ).rows[0] -%}
    {%- if row[0] > 0 -%}
      {%- do rsdbt_warn(
        rsdbt_counted(row[0], 'row', 'rows') ~ ' of ' ~ (node.source_name ~ '.' if node.source_name) ~ node.name ~ ' without a `' ~ column.name ~ '` '
        ~ ('belongs' if row[0] == 1 else 'belong') ~ ' to no period and ' ~ ('is' if row[0] == 1 else 'are') ~ ' not read by `in_partitions`'
      ) -%}
    {%- endif -%}
  {%- endfor -%}
{% endmacro %}
