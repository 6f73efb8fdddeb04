{# The column list of `create table` under a contract. #}

{% macro get_table_columns_and_constraints() -%}
  {{ table_columns_and_constraints() }}
{%- endmacro %}

{% macro table_columns_and_constraints() -%}
  {%- set columns = adapter.render_raw_columns_constraints(raw_columns=model['columns']) -%}
  {%- set constraints = adapter.render_raw_model_constraints(raw_constraints=model['constraints']) -%}
  (
    {{ (columns + constraints) | join(',\n    ') }}
  )
{%- endmacro %}

{% macro get_column_names() -%}
  {%- set names = [] -%}
  {%- for column in model['columns'].values() -%}
    {%- do names.append(adapter.quote(column['name']) if column.get('quote') else column['name']) -%}
  {%- endfor -%}
  {{ names | join(', ') }}
{%- endmacro %}

{# The query's columns in the contract's order. #}
{% macro get_select_subquery(sql) -%}
  select {{ get_column_names() }}
  from (
    {{ sql }}
  ) as model_subq
{%- endmacro %}
