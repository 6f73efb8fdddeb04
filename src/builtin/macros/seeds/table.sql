{# The table that a seed fills. #}

{% macro create_csv_table(model, agate_table) %}
  {%- set sql = rsdbt_create_seed_sql(model, agate_table, this) -%}
  {%- call statement('_') -%}{{ sql }}{%- endcall -%}
  {{ return(sql) }}
{% endmacro %}

{# The configured type of a column, else the one that its values have. #}
{% macro rsdbt_create_seed_sql(model, agate_table, relation) -%}
  {%- set configured = model['config'].get('column_types') or {} -%}
  {%- set columns = [] -%}
  {%- for name in agate_table.column_names -%}
    {%- set type = configured.get(name) or adapter.convert_type(agate_table, loop.index0) -%}
    {%- do columns.append(adapter.quote_seed_column(name | string, model['config'].get('quote_columns')) ~ ' ' ~ type) -%}
  {%- endfor -%}
  create table {{ relation.render() }} ({{ columns | join(', ') }})
{%- endmacro %}

{#
  A full refresh makes a new table of the file's columns; what depends on the old one moves over when the new one has its rows: a
  materialized view is filled from them. Their SQL is left as the result `rsdbt_seed_rows`.
#}
{% macro reset_csv_table(model, full_refresh, old_relation, agate_table) %}
  {%- if not full_refresh -%}
    {%- do adapter.truncate_relation(old_relation) -%}
    {{ return('truncate table ' ~ old_relation.render()) }}
  {%- endif -%}
  {%- set new_relation = make_intermediate_relation(this.incorporate(type='table')) -%}
  {%- do rsdbt_drop_leftovers([new_relation]) -%}
  {%- call statement('_') -%}{{ rsdbt_create_seed_sql(model, agate_table, new_relation) }}{%- endcall -%}
  {%- call rsdbt_swap(old_relation, new_relation, this.incorporate(type='table')) -%}
    {%- set rows_sql = load_csv_rows(model, agate_table) if agate_table.rows | length > 0 else '' -%}
    {%- do store_result('rsdbt_seed_rows', response=rows_sql) -%}
  {%- endcall -%}
  {{ return(rsdbt_create_seed_sql(model, agate_table, this)) }}
{% endmacro %}

{# What is written as the seed's SQL; nothing runs it. #}
{% macro get_csv_sql(create_or_truncate_sql, insert_sql) -%}
  {{ create_or_truncate_sql }};
  -- dbt seed --
  {{ insert_sql }};
{%- endmacro %}
