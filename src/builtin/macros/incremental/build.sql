{# The statements of an incremental model's run. #}

{% macro rsdbt_build_incremental(relation, strategy, get_strategy_sql) %}
  {%- set build = rsdbt_step_of(strategy, 'first') -%}
  {%- if build is not none -%}
    {%- do rsdbt_stage_rows() -%}
    {%- do build(relation, get_strategy_sql) -%}
  {%- else -%}
    {%- do rsdbt_create_table(relation) -%}
  {%- endif -%}
{% endmacro %}

{#
  Gives how the transaction ends, if there is more to it than a commit. The query's rows wait in a temporary table while columns are compared;
  then the strategy's SQL takes them over. Or the table has their shape only, and that SQL reads them itself.
#}
{% macro rsdbt_increment(existing_relation, target_relation, strategy, get_strategy_sql) %}
  {%- set temp_relation = make_temp_relation(target_relation) -%}
  {%- set traits = rsdbt_traits(strategy) -%}
  {%- do rsdbt_check_increment(traits, existing_relation) -%}
  {%- do rsdbt_stage_rows() -%}
  {%- set prepare = rsdbt_step_of(strategy, 'prepare') -%}
  {%- set prepared = {} if prepare is none else prepare(existing_relation) -%}
  {%- set reading = prepared.get('reading') or {'query': sql, 'beside': []} -%}
  {%- set acting = rsdbt_acting_on_rows(existing_relation, ['insert', 'update']) -%}
  {%- set reads_at_last = prepared.get('reads_at_last') and reading['beside'] and not acting -%}
  {%- do rsdbt_read_rows(temp_relation, sql, {'query': get_empty_subquery_sql(sql), 'beside': []} if reads_at_last else reading) -%}
  {%- set read = rsdbt_step_of(strategy, 'read') -%}
  {%- do read(prepared, temp_relation) if read is not none -%}
  {%- set columns = rsdbt_widened_columns(target_relation, temp_relation) -%}
  {%- do rsdbt_refuse_unapplied_columns(reading, columns, temp_relation, existing_relation) -%}
  {%- set on_schema_change = incremental_validate_on_schema_change(config.get('on_schema_change'), default='ignore') -%}
  {%- do rsdbt_warn_of_left_out_columns(columns, existing_relation) if on_schema_change == 'ignore' -%}
  {%- set synced = process_schema_changes(on_schema_change, temp_relation, existing_relation) -%}
  {%- set dest_columns = synced or rsdbt_written_columns(existing_relation, columns, traits['writes_all']) -%}
  {%- set unique_key = config.get('unique_key') -%}
  {%- do rsdbt_refuse_operators_of_others(existing_relation, temp_relation, rsdbt_compared_columns(unique_key)) if unique_key -%}
  {%- if unique_key and not traits['has_index_of_key'] -%}
    {#- Nobody else gathers statistics on a temporary table, and the join by key needs them. -#}
    {%- do run_query('analyze ' ~ temp_relation) -%}
  {%- endif -%}
  {%- set arg_dict = {
    'target_relation': target_relation, 'temp_relation': temp_relation, 'unique_key': unique_key, 'dest_columns': dest_columns,
    'incremental_predicates': config.get('predicates', none) or config.get('incremental_predicates', none),
    'prepared': prepared, 'acting': acting, 'reading': reading if reads_at_last else none,
    'own_columns': rsdbt_without_filled(columns['target'], columns['filled'], []) if not synced else none,
  } -%}
  {%- set strategy_sql = get_strategy_sql(arg_dict) -%}
  {%- if strategy_sql is not string -%}
    {{ return(strategy_sql) }}
  {%- endif -%}
  {%- do rsdbt_keep_old_rows(strategy_sql, arg_dict) if acting and acting['updates'] -%}
  {%- call statement('main') -%}
    {{ strategy_sql }}
  {%- endcall -%}
  {%- set finish = rsdbt_step_of(strategy, 'finish') -%}
  {%- do finish(arg_dict) if finish is not none -%}
  {%- do rsdbt_check_written(strategy_sql, arg_dict, acting) if acting -%}
  {%- do rsdbt_add_missing_constraints(target_relation) -%}
  {%- do rsdbt_add_missing_indexes(target_relation) -%}
  {{ return(none) }}
{% endmacro %}

{# By which rows are found, and by which the newer one is. #}
{% macro rsdbt_compared_columns(unique_key) %}
  {{ return(rsdbt_listed(unique_key) + rsdbt_listed(config.get('updated_at') or [])) }}
{% endmacro %}
