{#
  After a strategy's statements: whether they have written all rows. Looked at only where something of the table can hold rows back,
  and only for SQL of our own: a project's strategy may leave rows out on purpose.
#}

{# Of an increment that is done. `acting`: of rsdbt_acting_on_rows. #}
{% macro rsdbt_check_written(strategy_sql, arg_dict, acting) %}
  {%- set target = arg_dict['target_relation'] -%}
  {%- set rows = arg_dict['temp_relation'] -%}
  {%- set columns = arg_dict['dest_columns'] -%}
  {%- set sql = strategy_sql | trim -%}
  {%- if sql.endswith(rsdbt_insert_sql(target, rows, columns) | trim) -%}
    {%- do rsdbt_check_inserted(target, rows, 'true') -%}
  {%- elif 'rsdbt_overwritten' in arg_dict -%}
    {%- do rsdbt_check_inserted(target, rows, arg_dict['rsdbt_overwritten']) -%}
    {%- do rsdbt_check_periods(target, rows, columns, arg_dict['rsdbt_overwritten'], acting) -%}
  {%- elif 'rsdbt_upserted' in arg_dict -%}
    {%- do rsdbt_check_upserted(target, arg_dict['rsdbt_upserted'], acting) -%}
  {%- elif rsdbt_matches_of_merge(strategy_sql, arg_dict) is not none -%}
    {%- do rsdbt_check_merged(arg_dict, rsdbt_matches_of_merge(strategy_sql, arg_dict), acting['keepers'] or acting['later']) -%}
    {%- do rsdbt_check_unchanged(target, arg_dict['rsdbt_probed'], acting['updates']) if 'rsdbt_probed' in arg_dict -%}
  {%- endif -%}
{% endmacro %}

{# What inherits from a table may have got the rows by the trigger. #}
{% macro rsdbt_check_inserted(target, rows, condition) %}
  {%- set query -%}
    select pg_catalog.count(*), (
      select class.relkind = 'r' and class.relhassubclass from pg_catalog.pg_class as class where class.oid = {{ rsdbt_regclass(target) }}
    ) from {{ rows }} where {{ condition }}
  {%- endset -%}
  {%- set expected, has_children = run_query(query).rows[0] -%}
  {%- set missing = expected - load_result('main')['response'].rows_affected -%}
  {%- if missing > 0 and not has_children -%}
    {%- do rsdbt_raise_discarded(target, missing) -%}
  {%- endif -%}
{% endmacro %}

{# A row that is written is one of this transaction. One that stays, and is what was to be written, is fine. #}
{% macro rsdbt_check_merged(arg_dict, matches, keepers) %}
  {%- set stays = 'exists (select from ' ~ arg_dict['target_relation'] ~ ' as DBT_INTERNAL_DEST where (' ~ matches | join(') and (') ~ ') and '
    ~ rsdbt_is_unwritten_sql() ~ ' and ' -%}
  {%- set counts = run_query(
    'select pg_catalog.count(*), pg_catalog.count(*) filter (where ' ~ stays ~ 'true)), pg_catalog.count(*) filter (where ' ~ stays
    ~ rsdbt_differs_sql(arg_dict['target_relation'], 'DBT_INTERNAL_SOURCE', rsdbt_merged_columns(arg_dict)) ~ ')) from ' ~ arg_dict['temp_relation'] ~ ' as DBT_INTERNAL_SOURCE'
  ).rows[0] -%}
  {%- set missing = counts[0] - counts[1] - load_result('main')['response'].rows_affected -%}
  {%- if counts[2] > 0 -%}
    {%- do rsdbt_raise_kept(arg_dict['target_relation'], counts[2], keepers) -%}
  {%- elif missing > 0 -%}
    {%- do rsdbt_raise_discarded(arg_dict['target_relation'], missing) -%}
  {%- endif -%}
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
