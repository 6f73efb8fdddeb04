{# The statements of an incremental model's run. #}

{# The first build. An upsert has its own way to look at rows: it begins with an empty table. #}
{% macro rsdbt_build_incremental(relation, strategy, get_strategy_sql) %}
  {%- if strategy == 'merge_upsert' -%}
    {%- call statement('create_empty') -%}
      {{ get_create_table_as_sql(False, relation, get_empty_subquery_sql(sql)) }}
    {%- endcall -%}
    {%- do rsdbt_increment(relation, relation, strategy, get_strategy_sql) -%}
  {%- else -%}
    {%- if strategy == 'partition_overwrite' and config.get('dirty') -%}
      {%- do rsdbt_one_merge_at_a_time(this) -%}
      {#- Only for what it remembers. -#}
      {%- do rsdbt_changed_periods_sql() -%}
    {%- endif -%}
    {%- if strategy == 'partition_overwrite' and config.get('partitioned') -%}
      {%- do rsdbt_build_partitioned(relation) -%}
    {%- else -%}
      {%- call statement('main') -%}
        {{ get_create_table_as_sql(False, relation, sql) }}
      {%- endcall -%}
    {%- endif -%}
  {%- endif -%}
{% endmacro %}

{# The query's rows wait in a temporary table while columns are compared; then the strategy's SQL takes them over. #}
{% macro rsdbt_increment(existing_relation, target_relation, strategy, get_strategy_sql) %}
  {%- set temp_relation = make_temp_relation(target_relation) -%}
  {%- set query = sql -%}
  {%- set windows = none -%}
  {%- if strategy == 'merge_upsert' -%}
    {%- do rsdbt_one_merge_at_a_time(this) -%}
    {%- set query = rsdbt_consuming_sql(sql) -%}
  {%- elif strategy == 'partition_overwrite' -%}
    {%- do rsdbt_one_merge_at_a_time(this) -%}
    {%- set windows = rsdbt_windows_of_run(adapter.get_columns_in_relation(existing_relation)) -%}
    {%- set query = rsdbt_query_of_windows(sql, windows) if windows is not none else sql -%}
  {%- endif -%}
  {%- call statement('create_temp_relation') -%}
    {{ get_create_table_as_sql(True, temp_relation, query) }}
  {%- endcall -%}
  {%- if not config.get('contract').enforced -%}
    {%- do adapter.expand_target_column_types(from_relation=temp_relation, to_relation=target_relation) -%}
  {%- endif -%}
  {%- set on_schema_change = incremental_validate_on_schema_change(config.get('on_schema_change'), default='ignore') -%}
  {%- set dest_columns = process_schema_changes(on_schema_change, temp_relation, existing_relation)
    or adapter.get_columns_in_relation(existing_relation) -%}
  {%- set unique_key = config.get('unique_key') -%}
  {%- if unique_key and strategy != 'merge_upsert' -%}
    {#- Nobody else gathers statistics on a temporary table, and the join by key needs them. -#}
    {%- do run_query('analyze ' ~ temp_relation) -%}
  {%- endif -%}
  {%- call statement('main') -%}
    {{ get_strategy_sql({
      'target_relation': target_relation, 'temp_relation': temp_relation, 'unique_key': unique_key,
      'dest_columns': dest_columns, 'partitions': windows,
      'incremental_predicates': config.get('predicates', none) or config.get('incremental_predicates', none),
    }) }}
  {%- endcall -%}
  {%- do rsdbt_add_missing_indexes(target_relation) -%}
{% endmacro %}
