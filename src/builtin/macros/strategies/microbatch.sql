{# Strategy `microbatch`: a batch may be built again, and its rows meet their earlier selves by key. #}

{% macro get_incremental_microbatch_sql(arg_dict) %}
  {%- if not arg_dict['unique_key'] -%}
    {{ exceptions.raise_compiler_error("dbt-postgres 'microbatch' requires a `unique_key` config") }}
  {%- endif -%}
  {{ return(get_incremental_merge_sql(arg_dict)) }}
{% endmacro %}

{% macro rsdbt_traits_microbatch() %}
  {{ return(rsdbt_traits_merge()) }}
{% endmacro %}
