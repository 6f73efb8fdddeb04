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
{% macro rsdbt_check_new_states(merge_sql, target, source, insert_cols) %}
  {%- if rsdbt_row_keepers(target, ['insert']) and (merge_sql | trim).endswith(rsdbt_new_states_sql(target, source, insert_cols) | trim) -%}
    {%- do rsdbt_check_inserted(target, source, "dbt_change_type = 'insert'") -%}
  {%- endif -%}
{% endmacro %}
