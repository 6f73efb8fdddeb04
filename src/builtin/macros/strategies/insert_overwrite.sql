{# Strategy `insert_overwrite`: everything that `incremental_predicates` cover is replaced by the new rows. #}

{% macro get_incremental_insert_overwrite_sql(arg_dict) %}
  {%- set predicates = rsdbt_listed(arg_dict['incremental_predicates']) | join(' and ') -%}
  {%- if not predicates -%}
    {#- Elsewhere it replaces the partitions of the new rows, which no table has here: all rows would be deleted. -#}
    {{ exceptions.raise_compiler_error(
      '`incremental_strategy=\'insert_overwrite\'` needs `incremental_predicates`: without them it would delete all rows of the table'
      ~ "\nhelp: `partition_overwrite` with `partition_by={'field': .., 'granularity': 'day'}` replaces the periods that the new rows have"
    ) }}
  {%- endif -%}
  {%- if flags.EMPTY or flags.SAMPLE -%}
    {#- What is not read would be deleted. -#}
    {%- do rsdbt_warn('`insert_overwrite` with `--' ~ ('empty' if flags.EMPTY else 'sample') ~ '` changes nothing: the rows that the predicates cover would be deleted') -%}
    {{ return('select where false') }}
  {%- endif -%}
  {%- do rsdbt_refuse_cascades(arg_dict['target_relation'], '`insert_overwrite`', condition=predicates) -%}
  {{ return(get_insert_overwrite_merge_sql(
    arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['dest_columns'], arg_dict['incremental_predicates']
  )) }}
{% endmacro %}

{% macro rsdbt_traits_insert_overwrite() %}
  {{ return({'deletes': true}) }}
{% endmacro %}

{% macro get_insert_overwrite_merge_sql(target, source, dest_columns, predicates, include_sql_header=false) -%}
  {{ rsdbt_sql_header() if include_sql_header -}}
  delete from {{ target }} as DBT_INTERNAL_DEST
  {%- if predicates %}
  where {{ rsdbt_listed(predicates) | join(' and ') }}
  {%- endif %};
  {{- rsdbt_no_row_stays(target, rsdbt_listed(predicates) | join(' and ') or 'true') }}
  {{ get_insert_into_sql(target, source, dest_columns) }}
{%- endmacro %}
