{# A view. One whose columns still begin with the old ones is replaced in place, and its dependents never notice. #}

{% materialization view, default %}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='view') -%}

  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {%- do rsdbt_begin_where_needed() -%}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}

  {%- do rsdbt_drop_leftovers([make_intermediate_relation(target_relation), make_backup_relation(target_relation, 'view')]) -%}
  {%- if existing_relation is none -%}
    {%- call statement('main') -%}
      {{ get_create_view_as_sql(target_relation, sql) }}
    {%- endcall -%}
    {%- do adapter.cache_added(target_relation) -%}
    {%- set replaced = false -%}
  {%- else -%}
    {%- set replaced = rsdbt_replace_view(existing_relation, target_relation) -%}
  {%- endif -%}

  {#- A view that stays keeps its privileges: those that are not configured any more go. -#}
  {%- set revoke = should_revoke(existing_relation, full_refresh_mode=not replaced) -%}
  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=revoke) -%}
  {%- do persist_docs(target_relation, model) -%}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {%- do rsdbt_carry_last() -%}
  {%- do rsdbt_settle(target_relation) -%}
  {%- do adapter.commit() -%}
  {{ run_hooks(post_hooks, inside_transaction=False) }}
  {%- do rsdbt_carry_after_hooks() -%}

  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{# Whether the view could be replaced in place; otherwise a new one is swapped in. #}
{% macro rsdbt_replace_view(existing_relation, target_relation) %}
  {%- if existing_relation.is_view -%}
    {%- set replace_sql = get_replace_view_sql(target_relation, sql) -%}
    {%- set options = rsdbt_view_options(existing_relation) -%}
    {%- set read_backups = rsdbt_backups_under(existing_relation) -%}
    {%- set response = adapter.attempt(replace_sql, ['42P16']) -%}
    {%- if response -%}
      {%- do rsdbt_keep_view_options(target_relation, options) -%}
      {%- do rsdbt_drop_free_backups(read_backups) -%}
      {%- call noop_statement('main', response.message, response.code, response.rows_affected) -%}
        {{ replace_sql }}
      {%- endcall -%}
      {{ return(true) }}
    {%- endif -%}
  {%- endif -%}
  {%- set intermediate_relation = make_intermediate_relation(target_relation) -%}
  {%- call statement('main') -%}
    {{ get_create_view_as_sql(intermediate_relation, sql) }}
  {%- endcall -%}
  {%- do rsdbt_swap(existing_relation, intermediate_relation, target_relation) -%}
  {{ return(false) }}
{% endmacro %}
