{# Strategy `append`: rows are added to those that are there. #}

{% macro get_incremental_append_sql(arg_dict) %}
  {{ return(get_insert_into_sql(arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['dest_columns'])) }}
{% endmacro %}

{% macro rsdbt_traits_append() %}
  {{ return({'adds_only': true, 'writes_all': true}) }}
{% endmacro %}
