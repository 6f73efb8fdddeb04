{# Rows whose key exists are updated, the others inserted; two new rows of one key are an error. #}

{% macro get_incremental_merge_sql(arg_dict) %}
  {{ return(get_merge_sql(
    arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['unique_key'],
    arg_dict['dest_columns'], arg_dict['incremental_predicates']
  )) }}
{% endmacro %}

{% macro rsdbt_traits_merge() %}{{ return({'writes_all': true}) }}{% endmacro %}

{% macro get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
  {%- set predicates = rsdbt_listed(kwargs.get('predicates', incremental_predicates)) + rsdbt_merge_matches(unique_key) -%}
  {{ rsdbt_sql_header() -}}
  {{ rsdbt_merge_sql(target, source, unique_key, dest_columns, predicates) }}
{%- endmacro %}

{% macro rsdbt_merge_sql(target, source, unique_key, dest_columns, predicates) -%}
  {%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) -%}
  {%- set assignments = rsdbt_merge_assignments(dest_columns) -%}
  {%- if rsdbt_server_version() < 150000 -%}
    {{ rsdbt_merge_before_15(target, source, unique_key, dest_columns, predicates, assignments) }}
  {%- else -%}
  {%- do rsdbt_refuse_rules(target, 'MERGE', "'2', '3', '4'") if execute -%}
  merge into {{ target }} as DBT_INTERNAL_DEST
  using {{ source }} as DBT_INTERNAL_SOURCE
  on ({{ predicates | join(') and (') }})
  {%- if unique_key and assignments %}
  when matched then update set
    {{ assignments | join(',\n    ') }}
  {%- endif %}
  when not matched then insert
    ({{ columns }})
  values
    ({{ columns }})
  {%- endif -%}
{%- endmacro %}

{# Postgres 14 has no MERGE: the same in two statements of one transaction. #}
{% macro rsdbt_merge_before_15(target, source, unique_key, dest_columns, predicates, assignments) -%}
  {%- if unique_key and assignments -%}
  update {{ target }} as DBT_INTERNAL_DEST set
    {{ assignments | join(',\n    ') }}
  from {{ source }} as DBT_INTERNAL_SOURCE
  where ({{ predicates | join(') and (') }});
  {% endif -%}
  {%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) -%}
  insert into {{ target }} ({{ columns }})
  select {{ columns }}
  from {{ source }} as DBT_INTERNAL_SOURCE
  where not exists (
    select from {{ target }} as DBT_INTERNAL_DEST
    where ({{ predicates | join(') and (') }})
  )
{%- endmacro %}

{% macro rsdbt_merge_matches(unique_key) %}
  {%- set matches = [] -%}
  {%- for key in rsdbt_listed(unique_key) -%}
    {%- do matches.append(get_merge_unique_key_match('DBT_INTERNAL_SOURCE.' ~ key, 'DBT_INTERNAL_DEST.' ~ key)) -%}
  {%- endfor -%}
  {{ return(matches or ['FALSE']) }}
{% endmacro %}

{% macro get_merge_unique_key_match(source_unique_key, target_unique_key) %}
  {{ return(equals(source_unique_key | trim, target_unique_key | trim) | trim) }}
{% endmacro %}

{% macro rsdbt_merge_assignments(dest_columns) %}
  {%- set assignments = [] -%}
  {%- for column in get_merge_update_columns(config.get('merge_update_columns'), config.get('merge_exclude_columns'), dest_columns) -%}
    {%- do assignments.append(column ~ ' = DBT_INTERNAL_SOURCE.' ~ column) -%}
  {%- endfor -%}
  {{ return(assignments) }}
{% endmacro %}

{% macro rsdbt_server_version() %}
  {{ return(run_query('show server_version_num').rows[0][0] | int) }}
{% endmacro %}
