{# The queries around a test's own query. #}

{% macro get_where_subquery(relation) -%}
  {%- set condition = config.get('where') -%}
  {%- if condition -%}
    {%- set filtered = '(select * from ' ~ relation ~ ' where ' ~ condition ~ ') dbt_subquery' -%}
    {%- do return(filtered) -%}
  {%- endif -%}
  {%- do return(relation) -%}
{%- endmacro %}

{% macro get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) -%}
  select
    {{ fail_calc }} as failures,
    {{ fail_calc }} {{ warn_if }} as should_warn,
    {{ fail_calc }} {{ error_if }} as should_error
  from (
    {{ main_sql | trim }}
    {{- '\n    limit ' ~ limit if limit is not none }}
  ) dbt_internal_test
{%- endmacro %}

{# Deliberately no subquery: an `order by` of the query keeps its meaning. #}
{% macro get_limit_sql(sql, limit) -%}
  {{ sql | trim }}
  {{- '\nlimit ' ~ limit if limit is not none }}
{%- endmacro %}

{% macro get_limit_subquery_sql(sql, limit) -%}
  {{ get_limit_sql(sql, limit) }}
{%- endmacro %}

{% macro get_show_sql(compiled_code, sql_header, limit) -%}
  {{ sql_header ~ '\n' if sql_header else '' }}
  {{- get_limit_subquery_sql(compiled_code, limit) }}
{%- endmacro %}

{% macro validate_sql(sql) -%}
  {%- call statement('validate_sql') -%}
    explain {{ sql }}
  {%- endcall -%}
  {{ return(load_result('validate_sql')) }}
{%- endmacro %}
