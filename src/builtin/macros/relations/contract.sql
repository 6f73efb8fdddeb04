{# Contracts: the columns that the YAML promises are the columns that the query gives. #}

{% macro get_assert_columns_equivalent(sql) -%}
  {{ assert_columns_equivalent(sql) }}
{%- endmacro %}

{# Both sides go through the server: `int` and `integer` are the same promise. #}
{% macro assert_columns_equivalent(sql) %}
  {%- if not model['columns'] -%}
    {%- do exceptions.raise_contract_error([], []) -%}
  {%- endif -%}
  {%- set given = format_columns(get_column_schema_from_query(sql, config.get('sql_header', none))) -%}
  {%- set promised = format_columns(get_column_schema_from_query(get_empty_schema_sql(model['columns']))) -%}
  {%- set signature_given = given | map(attribute='formatted') | sort | list -%}
  {%- set signature_promised = promised | map(attribute='formatted') | sort | list -%}
  {%- set names_given = given | map(attribute='name') | sort(case_sensitive=true) | list -%}
  {%- set names_promised = promised | map(attribute='name') | sort(case_sensitive=true) | list -%}
  {%- if signature_given != signature_promised or names_given != names_promised -%}
    {%- do exceptions.raise_contract_error(promised, given) -%}
  {%- endif -%}
{% endmacro %}

{% macro format_columns(columns) %}
  {%- set formatted = [] -%}
  {%- for column in columns -%}
    {%- do formatted.append(format_column(column)) -%}
  {%- endfor -%}
  {{ return(formatted) }}
{% endmacro %}

{% macro format_column(column) %}
  {{ return({'name': column.name, 'data_type': column.dtype, 'formatted': column.column.lower() ~ ' ' ~ column.dtype}) }}
{% endmacro %}

{# A query without rows whose columns are those of the YAML. #}
{% macro get_empty_schema_sql(columns) -%}
  {%- set casts = [] -%}
  {%- set untyped = [] -%}
  {%- set unscaled = [] -%}
  {%- for column in columns.values() -%}
    {%- if not column.get('data_type') -%}
      {%- do untyped.append(column['name']) -%}
    {%- elif column['data_type'].strip().lower() in ('numeric', 'decimal', 'number') -%}
      {%- do unscaled.append(column['name']) -%}
    {%- endif -%}
    {%- set name = adapter.quote(column['name']) if column.get('quote') else adapter.quote_where_needed(column['name']) -%}
    {%- do casts.append(cast('null', column.get('data_type')) ~ ' as ' ~ name) -%}
  {%- endfor -%}
  {%- if untyped -%}
    {%- do exceptions.column_type_missing(column_names=untyped) -%}
  {%- elif unscaled -%}
    {%- do exceptions.warn(
      'Detected columns with numeric type and unspecified precision/scale, this can lead to unintended rounding: ' ~ unscaled ~ '`'
    ) -%}
  {%- endif -%}
  select {{ casts | join(', ') }}
{%- endmacro %}
