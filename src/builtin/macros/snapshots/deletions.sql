{# Keys that the source does not have any more. #}

{# Their last state ends now. #}
{% macro rsdbt_snapshot_ends(strategy, columns, same_key) -%}
  {%- set old_scd_id = 'snapshotted_data.' ~ columns.dbt_scd_id -%}
  select
    'delete', source_data.*, {{ old_scd_id }}, {{ snapshot_get_time() }}, {{ old_scd_id }}
    {{- ', null' if strategy.hard_deletes == 'new_record' }}
  from snapshotted_data
  left join source_data on {{ same_key }}
  where {{ rsdbt_snapshot_key_is_gone(strategy, columns) }}
{%- endmacro %}

{# With `hard_deletes: new_record`, a state begins that says so and repeats the last values. #}
{% macro rsdbt_snapshot_deletions(strategy, columns, same_key, source_sql, target_relation) -%}
  {%- set known = get_list_of_column_names(adapter.get_columns_in_relation(target_relation)) -%}
  {%- set values = [] -%}
  {%- for name in get_columns_in_query(source_sql) -%}
    {%- do values.append(('snapshotted_data.' if name in known else 'source_data.') ~ adapter.quote(name)) -%}
  {%- endfor -%}
  {%- for key in rsdbt_listed(strategy.unique_key) -%}
    {%- do values.append('snapshotted_data.dbt_unique_key' ~ ('' if strategy.unique_key is string else '_' ~ loop.index)) -%}
  {%- endfor -%}
  {%- set old_scd_id = 'snapshotted_data.' ~ columns.dbt_scd_id -%}
  select
    'insert', {{ values | join(', ') }}, {{ snapshot_get_time() }}, {{ snapshot_get_time() }}, null,
    snapshotted_data.{{ columns.dbt_valid_to }},
    {{ snapshot_hash_arguments([old_scd_id, snapshot_get_time()]) }}, 'True'
  from snapshotted_data
  left join source_data on {{ same_key }}
  where {{ rsdbt_snapshot_key_is_gone(strategy, columns) }}
{%- endmacro %}

{# A deletion that is recorded already is not news. #}
{% macro rsdbt_snapshot_key_is_gone(strategy, columns) -%}
  {{ unique_key_is_null(strategy.unique_key, 'source_data') }}
  {%- if strategy.hard_deletes == 'new_record' %}
    and snapshotted_data.{{ columns.dbt_is_deleted }} is distinct from 'True'
  {%- endif %}
{%- endmacro %}
