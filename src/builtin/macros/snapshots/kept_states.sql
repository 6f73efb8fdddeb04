{# States that a trigger of the snapshot keeps as they are, or does not let in: two current rows of a key, or none. #}

{% macro rsdbt_new_states_sql(target, source, insert_cols) -%}
  insert into {{ target }} ({{ insert_cols | join(', ') }})
  select {{ insert_cols | join(', ') }}
  from {{ source }} as DBT_INTERNAL_SOURCE
  where dbt_change_type = 'insert'
{%- endmacro %}

{# Between the update and the insert: a new state may have the id of the one that it follows. #}
{% macro rsdbt_check_ended_sql(target, source) -%}
  {%- set keepers = rsdbt_row_keepers(target, ['update']) -%}
  {%- if keepers -%}
    {%- set columns = rsdbt_snapshot_columns() -%}
    {%- set stayed -%}
      exists (
        select from {{ target }} as DBT_INTERNAL_DEST
        join {{ source }} as DBT_INTERNAL_SOURCE
          on DBT_INTERNAL_SOURCE.{{ columns.dbt_scd_id }}::pg_catalog.text = DBT_INTERNAL_DEST.{{ columns.dbt_scd_id }}::pg_catalog.text
        where DBT_INTERNAL_SOURCE.dbt_change_type in ('update', 'delete')
          and {{ rsdbt_is_unwritten_sql() }} and {{ rsdbt_is_current('DBT_INTERNAL_DEST.' ~ columns.dbt_valid_to) }}
      )
    {%- endset -%}
    {{ rsdbt_check_kept_sql(stayed, 'states of ' ~ target ~ ' should have ended, but were kept as current rows by ' ~ keepers) ~ ';\n  ' }}
  {%- endif -%}
{%- endmacro %}

{# After both. `merge_sql` may be a project's own: then its rows are its own affair. #}
{% macro rsdbt_check_new_states(merge_sql, target, source, insert_cols) %}
  {%- if rsdbt_row_keepers(target, ['insert']) and (merge_sql | trim).endswith(rsdbt_new_states_sql(target, source, insert_cols) | trim) -%}
    {%- do rsdbt_check_inserted(target, source, "dbt_change_type = 'insert'") -%}
  {%- endif -%}
{% endmacro %}
