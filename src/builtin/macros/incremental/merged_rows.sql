{# What became of the rows of a merge: it is asked only where something of the table acts on them. #}

{# A row that is written is one of this transaction. One that stays, and is what was to be written, is fine. #}
{% macro rsdbt_check_merged(arg_dict, matches, acting) %}
  {%- set stays = 'exists (select from ' ~ arg_dict['target_relation'] ~ ' as DBT_INTERNAL_DEST where (' ~ matches | join(') and (') ~ ') and '
    ~ rsdbt_is_unwritten_sql() ~ ' and ' -%}
  {%- set counts = run_query(
    'select pg_catalog.count(*), pg_catalog.count(*) filter (where ' ~ stays ~ 'true)), pg_catalog.count(*) filter (where ' ~ stays
    ~ rsdbt_differs_sql(arg_dict['target_relation'], 'DBT_INTERNAL_SOURCE', rsdbt_merged_columns(arg_dict)) ~ ')), ' ~ rsdbt_count_unmatched_sql(arg_dict) ~ ' from ' ~ arg_dict['temp_relation'] ~ ' as DBT_INTERNAL_SOURCE'
  ).rows[0] -%}
  {%- set missing = counts[0] - counts[1] - load_result('main')['response'].rows_affected -%}
  {%- if counts[2] > 0 -%}
    {%- do rsdbt_raise_kept(arg_dict['target_relation'], counts[2], acting['keepers'] or acting['later']) -%}
  {%- elif missing > 0 -%}
    {%- do rsdbt_raise_discarded(arg_dict['target_relation'], missing) -%}
  {%- endif -%}
  {%- do rsdbt_check_there(
    arg_dict['target_relation'], load_result('main')['response'].rows_affected, acting, counts[3], rsdbt_listed(arg_dict['unique_key'])
  ) -%}
{% endmacro %}

{# Of the rows with a key, those that are not there by it. #}
{% macro rsdbt_count_unmatched_sql(arg_dict) %}
  {%- set keys = rsdbt_listed(arg_dict['unique_key']) -%}
  {%- set named = [] -%}
  {%- for key in keys -%}
    {%- do named.append('DBT_INTERNAL_SOURCE.' ~ key ~ ' is not null') -%}
  {%- endfor -%}
  {{ return('pg_catalog.count(*) filter (where ' ~ named | join(' and ') ~ ' and not exists (select from ' ~ arg_dict['target_relation']
    ~ ' as DBT_INTERNAL_DEST where ' ~ rsdbt_merge_matches(keys) | join(' and ') ~ '))' if keys else 'null') }}
{% endmacro %}

{# The conditions by which a MERGE of ours finds its rows; none for other SQL. #}
{% macro rsdbt_matches_of_merge(strategy_sql, arg_dict) %}
  {%- set matches = rsdbt_listed(arg_dict['incremental_predicates']) + rsdbt_merge_matches(arg_dict['unique_key']) -%}
  {%- set sql = strategy_sql | trim -%}
  {{ return(matches if 'merge into' in sql and sql.endswith(
    rsdbt_merge_sql(arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['unique_key'], arg_dict['dest_columns'], matches) | trim
  ) else none) }}
{% endmacro %}

{% macro rsdbt_merged_columns(arg_dict) %}
  {{ return(get_merge_update_columns(config.get('merge_update_columns'), config.get('merge_exclude_columns'), arg_dict['dest_columns']) if arg_dict['unique_key'] else []) }}
{% endmacro %}
