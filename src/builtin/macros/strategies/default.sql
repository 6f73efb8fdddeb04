{# Without `incremental_strategy`: `delete+insert` by the key, or `append` where there is none. #}

{% macro get_incremental_default_sql(arg_dict) %}
  {{ return(get_incremental_delete_insert_sql(arg_dict) if arg_dict['unique_key'] else get_incremental_append_sql(arg_dict)) }}
{% endmacro %}

{% macro rsdbt_traits_default() %}
  {{ return(rsdbt_traits_delete_insert() if config.get('unique_key') else rsdbt_traits_append()) }}
{% endmacro %}
