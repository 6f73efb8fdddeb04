{# A relation and its stages as one script of statements, for macros of projects. The materializations use swap.sql. #}

{% macro get_replace_sql(existing_relation, target_relation, sql) -%}
  {%- do log('Applying REPLACE to: ' ~ existing_relation) -%}
  {{ get_create_intermediate_sql(target_relation, sql) }};
  {{ get_create_backup_sql(existing_relation) }};
  {{ get_rename_intermediate_sql(target_relation) }};
  {{ get_drop_backup_sql(existing_relation) }}
{%- endmacro %}

{% macro get_create_intermediate_sql(relation, sql) -%}
  {%- set intermediate_relation = make_intermediate_relation(relation) -%}
  {{ get_drop_sql(intermediate_relation) }};
  {{ get_create_sql(intermediate_relation, sql) }}
{%- endmacro %}

{% macro get_rename_intermediate_sql(relation) -%}
  {{ get_rename_sql(make_intermediate_relation(relation), adapter.quote(relation.identifier)) }}
{%- endmacro %}

{% macro get_create_backup_sql(relation) -%}
  {%- set backup_relation = make_backup_relation(relation, relation.type) -%}
  {{ get_drop_sql(backup_relation) }};
  {{ get_rename_sql(relation, adapter.quote(backup_relation.identifier)) }}
{%- endmacro %}

{% macro get_drop_backup_sql(relation) -%}
  {{ get_drop_sql(make_backup_relation(relation, relation.type)) }}
{%- endmacro %}

{% macro get_replace_view_sql(relation, sql) -%}
  {{ rsdbt_create_view('create or replace view', relation, sql) }}
{%- endmacro %}

{# Postgres replaces neither tables nor materialized views in place. #}
{% macro get_replace_table_sql(relation, sql) -%}
  {{ get_drop_sql(relation) }};
  {{ get_create_table_as_sql(False, relation, sql) }}
{%- endmacro %}

{% macro get_replace_materialized_view_sql(relation, sql) -%}
  {{ get_drop_sql(relation) }};
  {{ get_create_materialized_view_as_sql(relation, sql) }}
{%- endmacro %}

{# The view materialization of databases that replace views with any columns: packages call it by name. #}
{% macro create_or_replace_view() %}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='view') -%}
  {{ run_hooks(pre_hooks) }}
  {%- if existing_relation is not none and existing_relation.is_table -%}
    {%- do handle_existing_table(should_full_refresh(), existing_relation) -%}
  {%- endif -%}
  {%- call statement('main') -%}
    {{ get_replace_view_sql(target_relation, sql) }}
  {%- endcall -%}
  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing_relation)) -%}
  {{ run_hooks(post_hooks) }}
  {{ return({'relations': [target_relation]}) }}
{% endmacro %}

{% macro handle_existing_table(full_refresh, old_relation) %}
  {%- do adapter.drop_relation(old_relation) -%}
{% endmacro %}
