{# The first build of a table by periods, and after it the rows that are none of theirs. #}

{% macro rsdbt_build_periods(relation) %}
  {%- do rsdbt_check_interval() -%}
  {%- do rsdbt_check_event_times() -%}
  {%- do rsdbt_warn_of_unwatched_inputs() -%}
  {%- if config.get('partitioned') or config.get('dirty') -%}
    {%- do rsdbt_one_merge_at_a_time(this) -%}
  {%- endif -%}
  {%- if config.get('partitioned') -%}
    {%- do rsdbt_build_partitioned(relation) -%}
  {%- else -%}
    {%- if config.get('dirty') -%}
      {%- call statement('create_empty') -%}
        {{ get_create_table_as_sql(False, relation, get_empty_subquery_sql(sql)) }}
      {%- endcall -%}
      {%- call statement('main') -%}
        {{ rsdbt_insert_beside(relation, {'query': sql, 'beside': rsdbt_remembering(none, relation)}) }}
      {%- endcall -%}
    {%- else -%}
      {%- call statement('main') -%}
        {{ get_create_table_as_sql(False, relation, sql) }}
      {%- endcall -%}
    {%- endif -%}
    {%- do rsdbt_field_column(adapter.get_columns_in_relation(relation)) -%}
    {%- do rsdbt_delete_rows_without_period(relation) -%}
    {%- if config.get('dirty') -%}
      {%- do rsdbt_remember_own_rows(relation, adapter.get_columns_in_relation(relation), none) -%}
    {%- endif -%}
  {%- endif -%}
  {%- do rsdbt_refuse_moved_rows(sql, none, relation, relation) -%}
  {%- do rsdbt_refuse_rows_unread_later(relation) -%}
{% endmacro %}

{# After a first build: its rows are those of the later runs. #}
{% macro rsdbt_delete_rows_without_period(relation) %}
  {%- do rsdbt_warn_of_rows_without_event_time(infinite=true) -%}
  {%- call statement('delete_rows_without_period') -%}
    delete from {{ relation }} where not {{ rsdbt_has_period_sql(rsdbt_partitioning().field) }}
  {%- endcall -%}
  {%- set deleted = load_result('delete_rows_without_period')['response'].rows_affected -%}
  {%- if deleted > 0 -%}
    {%- set built = load_result('main')['response'] -%}
    {%- set count = built.rows_affected - deleted -%}
    {%- do store_raw_result('main', message=built.code ~ (' 0 ' if built.code == 'INSERT' else ' ') ~ count, code=built.code, rows_affected=count) -%}
  {%- endif -%}
  {%- do rsdbt_report_rows(deleted, 0, none) -%}
{% endmacro %}
