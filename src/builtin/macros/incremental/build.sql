{# The statements of an incremental model's run. #}

{# The first build. An upsert has its own way to look at rows: it begins with an empty table. #}
{% macro rsdbt_build_incremental(relation, strategy, get_strategy_sql) %}
  {%- if strategy == 'merge_upsert' -%}
    {%- do rsdbt_drop_tombstones() -%}
    {%- call statement('create_empty') -%}
      {{ get_create_table_as_sql(False, relation, get_empty_subquery_sql(sql)) }}
    {%- endcall -%}
    {%- do rsdbt_increment(relation, relation, strategy, get_strategy_sql) -%}
  {%- elif strategy == 'partition_overwrite' -%}
    {%- do rsdbt_build_periods(relation) -%}
  {%- else -%}
    {%- call statement('main') -%}
      {{ get_create_table_as_sql(False, relation, sql) }}
    {%- endcall -%}
  {%- endif -%}
{% endmacro %}

{#
  Gives the SQL that the transaction ends with, if any. The query's rows wait in a temporary table while columns are compared; then
  the strategy's SQL takes them over. Or the table has their shape only, and that SQL reads them itself.
#}
{% macro rsdbt_increment(existing_relation, target_relation, strategy, get_strategy_sql) %}
  {%- set temp_relation = make_temp_relation(target_relation) -%}
  {%- set reading = {'query': sql, 'beside': []} -%}
  {%- set windows = none -%}
  {%- set doubtful = [] -%}
  {%- do rsdbt_check_increment(strategy, existing_relation) -%}
  {%- if strategy == 'merge_upsert' -%}
    {%- do rsdbt_one_merge_at_a_time(this) -%}
    {%- set reading = rsdbt_consuming(sql) -%}
  {%- elif strategy == 'partition_overwrite' -%}
    {%- do rsdbt_one_merge_at_a_time(this) -%}
    {%- set windows = rsdbt_windows_of_run(adapter.get_columns_in_relation(existing_relation)) -%}
    {%- set doubtful = rsdbt_doubtful_windows(windows) -%}
    {%- set reading = rsdbt_reading_windows(sql, windows, doubtful) -%}
  {%- endif -%}
  {%- set acting = rsdbt_acting_on_rows(existing_relation, ['insert', 'update']) -%}
  {%- set reads_at_last = not doubtful and rsdbt_reads_at_last(strategy, reading, windows, acting) -%}
  {%- do rsdbt_read_rows(temp_relation, sql, {'query': get_empty_subquery_sql(sql), 'beside': []} if reads_at_last else reading) -%}
  {%- do rsdbt_refuse_moved_rows(sql, windows, this, temp_relation) if windows is not none -%}
  {%- if not config.get('contract').enforced -%}
    {%- do adapter.expand_target_column_types(from_relation=temp_relation, to_relation=target_relation) -%}
  {%- endif -%}
  {%- do rsdbt_refuse_unapplied_columns(reading, temp_relation, existing_relation) -%}
  {%- set on_schema_change = incremental_validate_on_schema_change(config.get('on_schema_change'), default='ignore') -%}
  {%- set dest_columns = process_schema_changes(on_schema_change, temp_relation, existing_relation)
    or rsdbt_written_columns(existing_relation, temp_relation) -%}
  {%- set unique_key = config.get('unique_key') -%}
  {%- if unique_key and strategy != 'merge_upsert' -%}
    {#- Nobody else gathers statistics on a temporary table, and the join by key needs them. -#}
    {%- do run_query('analyze ' ~ temp_relation) -%}
  {%- endif -%}
  {%- if doubtful -%}
    {%- set windows = rsdbt_without_kept(windows, doubtful, temp_relation, target_relation, dest_columns) -%}
  {%- endif -%}
  {%- set arg_dict = {
    'target_relation': target_relation, 'temp_relation': temp_relation, 'unique_key': unique_key,
    'dest_columns': dest_columns, 'partitions': windows, 'reading': reading if reads_at_last else none,
    'narrowed': reading['narrowed'], 'acting': acting,
    'incremental_predicates': config.get('predicates', none) or config.get('incremental_predicates', none),
  } -%}
  {%- set strategy_sql = get_strategy_sql(arg_dict) -%}
  {%- if strategy == 'partition_overwrite' and config.get('partitioned') -%}
    {{ return(strategy_sql) }}
  {%- endif -%}
  {%- do rsdbt_keep_old_rows(strategy_sql, arg_dict) if acting and acting['updates'] -%}
  {%- call statement('main') -%}
    {{ strategy_sql }}
  {%- endcall -%}
  {%- do rsdbt_remember_own_rows(target_relation, dest_columns, windows) if windows and config.get('dirty') -%}
  {%- do rsdbt_report_counted_rows() if strategy == 'partition_overwrite' and reads_at_last and reading['narrowed'] -%}
  {%- do rsdbt_check_staged_rows(rsdbt_listed(unique_key), reading) if strategy == 'merge_upsert' -%}
  {%- do rsdbt_check_written(strategy_sql, arg_dict, acting) if acting -%}
  {%- do rsdbt_add_missing_constraints(target_relation) -%}
  {%- do rsdbt_add_missing_indexes(target_relation) -%}
  {{ return(none) }}
{% endmacro %}
