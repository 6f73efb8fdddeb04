{# The history of a table that only knows its present: one row per state of a key, with the time it was valid. #}

{% materialization snapshot, default %}
  {%- set target_exists, target_relation = get_or_create_relation(
    database=model.database, schema=model.schema, identifier=model.get('alias', model.get('name')), type='table'
  ) -%}
  {%- if not target_relation.is_table -%}
    {%- do exceptions.relation_wrong_type(target_relation, 'table') -%}
  {%- endif -%}

  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {%- do rsdbt_begin_where_needed() -%}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}

  {%- do rsdbt_stage_rows() -%}
  {%- set get_strategy = strategy_dispatch(config.get('strategy')) -%}
  {%- set strategy = get_strategy(model, 'snapshotted_data', 'source_data', model['config'], target_exists) -%}
  {%- if target_exists -%}
    {%- do rsdbt_update_snapshot(target_relation, strategy) -%}
  {%- else -%}
    {%- set build_sql = build_snapshot_table(strategy, model['compiled_code']) -%}
    {%- do check_time_data_types(build_sql) -%}
    {%- call statement('main') -%}
      {{ create_table_as(False, target_relation, build_sql) }}
    {%- endcall -%}
    {%- do adapter.cache_added(target_relation) -%}
  {%- endif -%}

  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(target_exists, full_refresh_mode=False)) -%}
  {%- do persist_docs(target_relation, model) -%}
  {%- if not target_exists -%}
    {%- do create_indexes(target_relation) -%}
  {%- endif -%}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {%- do rsdbt_settle(target_relation) -%}
  {%- do adapter.commit() -%}
  {{ run_hooks(post_hooks, inside_transaction=False) }}

  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{# Changes are gathered aside first, so that history is read and written by different statements. #}
{% macro rsdbt_update_snapshot(target_relation, strategy) %}
  {%- do rsdbt_refuse_hidden_rows(target_relation) -%}
  {%- do rsdbt_refuse_comparisons_of_others() -%}
  {%- do rsdbt_keep_staged_rows(target_relation) -%}
  {%- set columns = rsdbt_snapshot_columns() -%}
  {%- do adapter.assert_valid_snapshot_target_given_strategy(target_relation, columns, strategy) -%}
  {%- do check_time_data_types(snapshot_staging_table(strategy, sql, target_relation)) -%}
  {%- set staging_relation = build_snapshot_staging_table(strategy, sql, target_relation) -%}
  {%- do adapter.expand_target_column_types(from_relation=staging_relation, to_relation=target_relation) -%}

  {%- set ours = ['dbt_change_type', 'dbt_unique_key', 'rsdbt_new_scd_id', 'rsdbt_old_scd_id'] -%}
  {%- for key in rsdbt_listed(strategy.unique_key) -%}
    {%- do ours.append('dbt_unique_key_' ~ loop.index) -%}
  {%- endfor -%}
  {%- set added = adapter.get_missing_columns(staging_relation, target_relation) | rejectattr('name', 'in', ours) | list -%}
  {%- do create_columns(target_relation, added) -%}
  {%- set insert_columns = [] -%}
  {%- set staged = adapter.get_columns_in_relation(staging_relation) -%}
  {%- for column in rsdbt_without_filled(staged, rsdbt_filled_columns(target_relation), staged) if column.name | lower not in ours -%}
    {%- do insert_columns.append(adapter.quote(column.name)) -%}
  {%- endfor -%}
  {%- set merge_sql = snapshot_merge_sql(target=target_relation, source=staging_relation, insert_cols=insert_columns) -%}
  {%- call statement('main') -%}
    {{ merge_sql }}
  {%- endcall -%}
  {%- do rsdbt_check_new_states(merge_sql, target_relation, staging_relation, insert_columns, strategy) -%}
  {%- do post_snapshot(staging_relation) -%}
{% endmacro %}

{# For projects that tidy up after themselves. #}
{% macro post_snapshot(staging_relation) %}{% endmacro %}
