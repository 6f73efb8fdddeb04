{# States that a trigger of the snapshot keeps as they are, or does not let in: two current rows of a key, or none. #}

{% macro rsdbt_new_states_sql(target, source, insert_cols) -%}
  insert into {{ target }} ({{ insert_cols | join(', ') }})
  select {{ insert_cols | join(', ') }}
  from {{ source }} as DBT_INTERNAL_SOURCE
  where dbt_change_type = 'insert'
{%- endmacro %}

{# Between the update and the insert: a new state may have the id of the one that it follows. #}
{% macro rsdbt_check_ended_sql(target, source) -%}
  {%- set acting = rsdbt_acting_on_rows(target, ['update']) -%}
  {%- if acting -%}
    {%- set columns = rsdbt_snapshot_columns() -%}
    {%- set stayed -%}
      {{ target }} as DBT_INTERNAL_DEST
        where {{ rsdbt_is_current('DBT_INTERNAL_DEST.' ~ columns.dbt_valid_to) }} and exists (
          select from {{ source }} as DBT_INTERNAL_SOURCE
          where DBT_INTERNAL_SOURCE.{{ columns.dbt_scd_id }}::pg_catalog.text = DBT_INTERNAL_DEST.{{ columns.dbt_scd_id }}::pg_catalog.text
            and DBT_INTERNAL_SOURCE.dbt_change_type in ('update', 'delete') and not {{ rsdbt_is_current('DBT_INTERNAL_SOURCE.' ~ columns.dbt_valid_to) }}
        )
    {%- endset -%}
    {{ rsdbt_check_none_sql(
      stayed, 'state', 'states', ' of ' ~ target ~ ' should have ended, but stayed current because of ' ~ rsdbt_all_acting(acting)
      ~ '. Nothing was changed\nhelp: let the trigger return the row with its new ' ~ columns.dbt_valid_to
    ) ~ ';\n  ' }}
  {%- endif -%}
{%- endmacro %}

{# After both. `merge_sql` may be a project's own: then its rows are its own affair. #}
{% macro rsdbt_check_new_states(merge_sql, target, source, insert_cols, strategy) %}
  {%- set acting = rsdbt_acting_on_rows(target, ['insert', 'update']) -%}
  {%- if acting and (merge_sql | trim).endswith(rsdbt_new_states_sql(target, source, insert_cols) | trim) -%}
    {%- do rsdbt_fire_deferred(acting) -%}
    {%- do rsdbt_check_inserted(target, source, "dbt_change_type = 'insert'") -%}
    {%- set columns = rsdbt_snapshot_columns() -%}
    {%- set counts = run_query(
      'select pg_catalog.count(*) filter (where snapshotted_data.' ~ columns.dbt_scd_id ~ ' is null), pg_catalog.count(*) filter (where snapshotted_data.' ~ columns.dbt_scd_id ~ ' is not null and (not ('
      ~ unique_key_join_on(strategy.unique_key, 'snapshotted_data', 'source_data') ~ ') or ' ~ strategy.row_changed ~ ')) from ' ~ source ~ ' as source_data left join (select *, '
      ~ unique_key_fields(strategy.unique_key) ~ ' from ' ~ target ~ ' where ' ~ rsdbt_is_current(columns.dbt_valid_to) ~ ') as snapshotted_data on snapshotted_data.'
      ~ columns.dbt_scd_id ~ '::pg_catalog.text = source_data.' ~ columns.dbt_scd_id ~ '::pg_catalog.text'
      ~ " where source_data.dbt_change_type = 'insert'"
    ).rows[0] -%}
    {%- do rsdbt_raise_gone(target, counts[0], acting['later'] or rsdbt_all_acting(acting)) if counts[0] > 0 -%}
    {%- do rsdbt_warn(
      rsdbt_counted(counts[1], 'new state is', 'new states are') ~ ' not what the query gives, because of ' ~ rsdbt_all_acting(acting)
      ~ ': the next snapshot takes ' ~ ('it' if counts[1] == 1 else 'them') ~ ' for changed, and adds another state'
    ) if counts[1] > 0 -%}
  {%- endif -%}
{% endmacro %}
