{# The changes since the last snapshot: one row per state that begins (`insert`) or ends (`update`, `delete`). #}

{% macro build_snapshot_staging_table(strategy, sql, target_relation) %}
  {%- set staging_relation = make_temp_relation(target_relation) -%}
  {%- call statement('build_snapshot_staging_relation') -%}
    {{ create_table_as(True, staging_relation, snapshot_staging_table(strategy, sql, target_relation)) }}
  {%- endcall -%}
  {{ return(staging_relation) }}
{% endmacro %}

{% macro snapshot_staging_table(strategy, source_sql, target_relation) -%}
  {%- set columns = rsdbt_snapshot_columns() -%}
  {%- set keys = unique_key_fields(strategy.unique_key) -%}
  {%- set same_key = unique_key_join_on(strategy.unique_key, 'snapshotted_data', 'source_data') -%}
  {%- set marks_deleted = strategy.hard_deletes == 'new_record' -%}
  {%- set was_deleted = 'snapshotted_data.' ~ columns.dbt_is_deleted ~ " = 'True'" -%}
  with snapshot_query as (
    {{ source_sql }}
  ),
  source_data as (
    select
      *, {{ keys }},
      {{ strategy.updated_at }} as {{ columns.dbt_updated_at }},
      {{ strategy.updated_at }} as {{ columns.dbt_valid_from }}
    from snapshot_query
  ),
  snapshotted_data as (
    select *, {{ keys }}
    from {{ target_relation }}
    where {{ rsdbt_is_current(columns.dbt_valid_to) }}
  ),
  changes as (
    select source_data.*, snapshotted_data.{{ columns.dbt_scd_id }} as rsdbt_old_scd_id
    from source_data
    left join snapshotted_data on {{ same_key }}
    where {{ unique_key_is_null(strategy.unique_key, 'snapshotted_data') }}
      or {{ strategy.row_changed }}
      {{- ' or ' ~ was_deleted if marks_deleted }}
  )
  select
    'insert' as dbt_change_type, changes.*, {{ get_dbt_valid_to_current(strategy, columns) }},
    {{ strategy.scd_id }} as {{ columns.dbt_scd_id }}
    {{- ", 'False' as " ~ columns.dbt_is_deleted if marks_deleted }}
  from changes
  union all
  select 'update', changes.*, {{ columns.dbt_updated_at }}, rsdbt_old_scd_id{{ ', null' if marks_deleted }}
  from changes
  where rsdbt_old_scd_id is not null
  {#- With --empty and --sample not every row is read: one that is missing need not be deleted. #}
  {%- set reads_all = not flags.EMPTY and not flags.SAMPLE %}
  {%- if reads_all and strategy.hard_deletes in ['invalidate', 'new_record'] %}
  union all
  {{ rsdbt_snapshot_ends(strategy, columns, same_key) }}
  {%- endif %}
  {%- if reads_all and marks_deleted %}
  union all
  {{ rsdbt_snapshot_deletions(strategy, columns, same_key, source_sql, target_relation) }}
  {%- endif %}
{%- endmacro %}
