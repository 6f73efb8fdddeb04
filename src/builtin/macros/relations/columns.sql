{# The columns of relations and queries. #}

{% macro get_columns_in_relation(relation) %}
  {%- call statement('get_columns_in_relation', fetch_result=True) -%}
    select
      attname as column_name,
      pg_catalog.format_type(atttypid, null::pg_catalog.int4) as data_type,
      information_schema._pg_char_max_length(atttypid, atttypmod) as character_maximum_length,
      information_schema._pg_numeric_precision(atttypid, atttypmod) as numeric_precision,
      information_schema._pg_numeric_scale(atttypid, atttypmod) as numeric_scale
    from pg_catalog.pg_attribute
    where attrelid = {{ rsdbt_regclass(relation) }}
      and attnum > 0
      and not attisdropped
    order by attnum
  {%- endcall -%}
  {{ return(sql_convert_columns_in_relation(load_result('get_columns_in_relation').table)) }}
{% endmacro %}

{% macro sql_convert_columns_in_relation(table) %}
  {%- set columns = [] -%}
  {%- for row in table -%}
    {%- do columns.append(api.Column(*row)) -%}
  {%- endfor -%}
  {{ return(columns) }}
{% endmacro %}

{# The same columns as the query, and no rows: what a query would give, without running it. #}
{% macro get_empty_subquery_sql(select_sql, select_sql_header=none) -%}
  {{ select_sql_header ~ '\n' if select_sql_header is not none }}
  {{- 'select * from (' }}
    {{ select_sql }}
  ) as __dbt_sbq
  where false
  limit 0
{%- endmacro %}

{% macro get_column_schema_from_query(select_sql, select_sql_header=none) %}
  {{ return(adapter.get_column_schema_from_query(get_empty_subquery_sql(select_sql, select_sql_header))) }}
{% endmacro %}

{% macro get_columns_in_query(select_sql) %}
  {%- call statement('get_columns_in_query', fetch_result=True, auto_begin=False) -%}
    {{ get_empty_subquery_sql(select_sql) }}
  {%- endcall -%}
  {{ return(load_result('get_columns_in_query').table.columns | map(attribute='name') | list) }}
{% endmacro %}

{% macro get_list_of_column_names(columns) %}
  {{ return(columns | map(attribute='name') | list) }}
{% endmacro %}

{% macro get_quoted_csv(column_names) %}
  {%- set quoted = [] -%}
  {%- for name in column_names -%}
    {%- do quoted.append(adapter.quote(name)) -%}
  {%- endfor -%}
  {{ return(quoted | join(', ')) }}
{% endmacro %}
