{#
  One macro per strategy; `incremental_strategy: x` calls get_incremental_x_sql, and a project may add its own.
  The argument holds target_relation, temp_relation, unique_key, dest_columns and incremental_predicates.
#}

{% macro get_incremental_default_sql(arg_dict) %}
  {{ return(get_incremental_delete_insert_sql(arg_dict) if arg_dict['unique_key'] else get_incremental_append_sql(arg_dict)) }}
{% endmacro %}

{% macro get_incremental_append_sql(arg_dict) %}
  {{ return(get_insert_into_sql(arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['dest_columns'])) }}
{% endmacro %}

{% macro get_incremental_delete_insert_sql(arg_dict) %}
  {%- if arg_dict['unique_key'] -%}
    {%- set replaced = rsdbt_replaced_rows(arg_dict['temp_relation'], arg_dict['unique_key'], arg_dict['incremental_predicates']) -%}
    {%- do rsdbt_refuse_cascades(arg_dict['target_relation'], '`delete+insert`', condition='exists (select from ' ~ replaced['keys'] ~ ' where ' ~ replaced['condition'] ~ ')') -%}
  {%- endif -%}
  {{ return(get_delete_insert_merge_sql(
    arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['unique_key'],
    arg_dict['dest_columns'], arg_dict['incremental_predicates']
  )) }}
{% endmacro %}

{% macro get_incremental_merge_sql(arg_dict) %}
  {{ return(get_merge_sql(
    arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['unique_key'],
    arg_dict['dest_columns'], arg_dict['incremental_predicates']
  )) }}
{% endmacro %}

{% macro get_incremental_insert_overwrite_sql(arg_dict) %}
  {%- set predicates = rsdbt_listed(arg_dict['incremental_predicates']) | join(' and ') or 'true' -%}
  {%- do rsdbt_refuse_cascades(arg_dict['target_relation'], '`insert_overwrite`', condition=predicates) -%}
  {{ return(get_insert_overwrite_merge_sql(
    arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['dest_columns'], arg_dict['incremental_predicates']
  )) }}
{% endmacro %}

{# A batch may be built again: its rows meet their earlier selves by key. #}
{% macro get_incremental_microbatch_sql(arg_dict) %}
  {%- if not arg_dict['unique_key'] -%}
    {{ exceptions.raise_compiler_error("dbt-postgres 'microbatch' requires a `unique_key` config") }}
  {%- endif -%}
  {{ return(get_incremental_merge_sql(arg_dict)) }}
{% endmacro %}

{% macro get_insert_into_sql(target_relation, temp_relation, dest_columns) -%}
  {{ rsdbt_insert_sql(target_relation, temp_relation, dest_columns) }}
{%- endmacro %}

{% macro rsdbt_insert_sql(target_relation, temp_relation, dest_columns) -%}
  {%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) -%}
  insert into {{ target_relation }} ({{ columns }})
  (
    select {{ columns }}
    from {{ temp_relation }}
  )
{%- endmacro %}
