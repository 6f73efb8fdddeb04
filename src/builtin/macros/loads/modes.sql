{# What becomes of the rows that are there: all replaced, kept, or replaced by key. `counts` is updated. #}

{# Built aside and swapped in, as tables are: readers see the old rows or the new ones, and dependents move over. #}
{% macro rsdbt_load_replace(existing_relation, target_relation, plan, counts) %}
  {%- set intermediate_relation = make_intermediate_relation(target_relation) -%}
  {%- do rsdbt_drop_leftovers([intermediate_relation, make_backup_relation(target_relation, 'table')]) -%}
  {%- set built_relation = target_relation if existing_relation is none else intermediate_relation -%}
  {%- do run_query(rsdbt_create_loaded_sql('table', built_relation, plan)) -%}
  {%- set loaded = adapter.load_rows(built_relation) -%}
  {%- set duplicates = rsdbt_delete_duplicates(built_relation, plan) if plan.unique_key else 0 -%}
  {%- set applied = loaded['fit'] - duplicates -%}
  {%- if existing_relation is not none -%}
    {%- set old = run_query('select pg_catalog.count(*) from ' ~ existing_relation).rows[0][0] -%}
    {%- do rsdbt_refuse_fewer_rows(existing_relation, old, applied) -%}
    {%- do counts.update({'rows_deleted': old}) -%}
  {%- endif -%}
  {%- do create_indexes(built_relation) -%}
  {%- if existing_relation is none -%}
    {%- do adapter.cache_added(target_relation) -%}
  {%- else -%}
    {%- do rsdbt_swap(existing_relation, intermediate_relation, target_relation) -%}
    {%- do rsdbt_name_indexes(target_relation) -%}
  {%- endif -%}
  {%- do counts.update({'rows_applied': applied, 'rows_duplicate': duplicates}) -%}
  {%- do rsdbt_remember_load(target_relation, plan, loaded, counts) -%}
{% endmacro %}

{# Appended, or by key through a temporary table. #}
{% macro rsdbt_load_into(existing_relation, target_relation, plan, counts) %}
  {%- if existing_relation is none -%}
    {%- do run_query(rsdbt_create_loaded_sql('table', target_relation, plan)) -%}
    {%- do create_indexes(target_relation) -%}
    {%- do adapter.cache_added(target_relation) -%}
  {%- else -%}
    {%- do rsdbt_refuse_other_columns(existing_relation, plan) -%}
  {%- endif -%}
  {%- if not plan.unique_key -%}
    {%- set loaded = adapter.load_rows(target_relation) -%}
    {%- do rsdbt_raise_discarded(target_relation, loaded['fit'] - loaded['copied']) if loaded['fit'] > loaded['copied'] -%}
    {%- do counts.update({'rows_applied': loaded['copied']}) -%}
  {%- else -%}
    {%- do rsdbt_ensure_unique_index(target_relation, rsdbt_load_names(plan.unique_key)) -%}
    {%- set stage = make_temp_relation(target_relation) -%}
    {%- do run_query(rsdbt_create_loaded_sql('temporary table', stage, plan)) -%}
    {%- set loaded = adapter.load_rows(stage) -%}
    {%- set query = rsdbt_load_upsert_sql(target_relation, stage, plan) if plan.mode == 'upsert' else rsdbt_load_new_keys_sql(target_relation, stage, plan) -%}
    {%- set row = run_query(query).rows[0] -%}
    {%- do counts.update({'rows_applied': row[0], 'rows_duplicate': loaded['fit'] - row[1], 'rows_updated': row[2], 'rows_unchanged': row[1] - row[0]}) -%}
    {%- do run_query('drop table ' ~ stage) -%}
  {%- endif -%}
  {%- do rsdbt_remember_load(target_relation, plan, loaded, counts) -%}
{% endmacro %}
