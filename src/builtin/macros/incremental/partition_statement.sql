{# The statement that overwrites periods of a plain table. #}

{% macro rsdbt_overwrite_sql(arg_dict, windows) %}
  {%- set target = arg_dict['target_relation'] -%}
  {%- set condition = rsdbt_in_windows(rsdbt_partitioning().field, rsdbt_field_kind(arg_dict['dest_columns']), windows) -%}
  {%- set class = rsdbt_class_flags(target, rsdbt_plain_names(rsdbt_partitioning().field)[0]) -%}
  {%- do rsdbt_refuse_other_periods(target, arg_dict['dest_columns'], windows, class) if windows -%}
  {%- do rsdbt_refuse_cascades(target, '`partition_overwrite`', condition=condition, known_flags=class) if windows -%}
  {%- do arg_dict.update({'rsdbt_overwritten': condition}) -%}
  {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
  {%- set fresh = rsdbt_rows_of(arg_dict) -%}
  {%- set overwrite_sql -%}
  delete from {{ target }}
  where {{ condition }};
  {%- set check = rsdbt_check_deleted_sql(target, condition, known_flags=class) %}
  {{ check ~ ';' if check }}
  {{ fresh['with'] -}}
  insert into {{ target }} ({{ columns }})
  select {{ columns }}
  {%- if arg_dict['reading'] and arg_dict['prepared']['reading']['narrowed'] %}
  {#- Behind `offset '0'` the condition meets the rows that the query gives, and no others. #}
  from (select * from {{ fresh['rows'] }} offset '0') as rsdbt_rows
  where {{ rsdbt_counting_condition(condition) }}
  {%- else %}
  from {{ fresh['rows'] }}
  where {{ condition }}
  {%- endif %}
  {%- endset -%}
  {{ return(overwrite_sql) }}
{% endmacro %}
