{# The first snapshot, and how later changes are written. #}

{% macro build_snapshot_table(strategy, sql) -%}
  {%- set columns = rsdbt_snapshot_columns() -%}
  select *,
    {{ strategy.scd_id }} as {{ columns.dbt_scd_id }},
    {{ strategy.updated_at }} as {{ columns.dbt_updated_at }},
    {{ strategy.updated_at }} as {{ columns.dbt_valid_from }},
    {{ get_dbt_valid_to_current(strategy, columns) }}
    {{- ", 'False' as " ~ columns.dbt_is_deleted if strategy.hard_deletes == 'new_record' }}
  from (
    {{ sql }}
  ) sbq
{%- endmacro %}

{# States that ended get their end, then new states are added. #}
{% macro snapshot_merge_sql(target, source, insert_cols) -%}
  {%- set columns = rsdbt_snapshot_columns() -%}
  update {{ target }} as DBT_INTERNAL_DEST
  set {{ columns.dbt_valid_to }} = DBT_INTERNAL_SOURCE.{{ columns.dbt_valid_to }}
  from {{ source }} as DBT_INTERNAL_SOURCE
  where DBT_INTERNAL_SOURCE.{{ columns.dbt_scd_id }}::text = DBT_INTERNAL_DEST.{{ columns.dbt_scd_id }}::text
    and DBT_INTERNAL_SOURCE.dbt_change_type in ('update', 'delete')
    and {{ rsdbt_is_current('DBT_INTERNAL_DEST.' ~ columns.dbt_valid_to) }};
  {{ rsdbt_check_ended_sql(target, source) if execute }}
  {{- rsdbt_new_states_sql(target, source, insert_cols) }}
{%- endmacro %}

{# Without a time zone, and the same for the whole snapshot. #}
{% macro snapshot_get_time() -%}
  {{ current_timestamp() }}::timestamp without time zone
{%- endmacro %}

{% macro snapshot_string_as_time(timestamp) %}
  {{ return("'" ~ timestamp ~ "'::timestamp without time zone") }}
{% endmacro %}

{% macro get_true_sql() %}{{ return('TRUE') }}{% endmacro %}

{% macro get_snapshot_get_time_data_type() %}
  {{ return(get_column_schema_from_query('select ' ~ snapshot_get_time() ~ ' as dbt_snapshot_time')[0].dtype or none) }}
{% endmacro %}

{% macro get_updated_at_column_data_type(snapshot_sql) %}
  {%- for column in get_column_schema_from_query(snapshot_sql) if column.column | lower == 'dbt_updated_at' -%}
    {{ return(column.dtype) }}
  {%- endfor -%}
  {{ return(none) }}
{% endmacro %}

{# A deletion's time is the server's clock: with another type than updated_at, times could not be compared. #}
{% macro check_time_data_types(sql) %}
  {%- set updated_at_type = get_updated_at_column_data_type(sql) -%}
  {%- set clock_type = get_snapshot_get_time_data_type() -%}
  {%- if updated_at_type and clock_type and updated_at_type != clock_type -%}
    {%- do exceptions.warn_snapshot_timestamp_data_types(clock_type, updated_at_type) -%}
  {%- endif -%}
{% endmacro %}
