{# A materialized view: refreshed when it is what the project says, altered or built anew when it is not. #}

{% materialization materialized_view, default %}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type=this.MaterializedView) -%}

  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {%- do rsdbt_begin_where_needed() -%}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}

  {%- if existing_relation is none -%}
    {%- call statement('main') -%}
      {{ get_create_materialized_view_as_sql(target_relation, sql) }}
    {%- endcall -%}
    {%- do adapter.cache_added(target_relation) -%}
    {%- set replaced = true -%}
  {%- elif should_full_refresh() or not existing_relation.is_materialized_view or rsdbt_backups_under(existing_relation) -%}
    {%- do rsdbt_replace_materialized_view(existing_relation, target_relation) -%}
    {%- set replaced = true -%}
  {%- else -%}
    {%- set replaced = rsdbt_update_materialized_view(existing_relation, target_relation) -%}
  {%- endif -%}

  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing_relation, replaced)) -%}
  {%- do persist_docs(target_relation, model) -%}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {%- do rsdbt_carry_last() -%}
  {%- do rsdbt_settle(target_relation) -%}
  {%- do adapter.commit() -%}
  {{ run_hooks(post_hooks, inside_transaction=False) }}
  {%- do rsdbt_carry_after_hooks() -%}

  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% macro rsdbt_replace_materialized_view(existing_relation, target_relation) %}
  {%- do log('Applying REPLACE to: ' ~ existing_relation) -%}
  {%- set intermediate_relation = make_intermediate_relation(target_relation) -%}
  {%- do rsdbt_drop_leftovers([intermediate_relation, make_backup_relation(target_relation, existing_relation.type)]) -%}
  {%- call statement('main') -%}
    {{ get_create_materialized_view_as_sql(intermediate_relation, sql) }}
  {%- endcall -%}
  {%- do rsdbt_swap(existing_relation, intermediate_relation, target_relation) -%}
  {%- do rsdbt_name_indexes(target_relation) -%}
{% endmacro %}

{# Whether a new one took its place. #}
{% macro rsdbt_update_materialized_view(existing_relation, target_relation) %}
  {%- set changes = get_materialized_view_configuration_changes(existing_relation, config) -%}
  {%- set on_change = config.get('on_configuration_change') or 'apply' -%}
  {%- set notice = 'Configuration changes were identified and `on_configuration_change` was set to `' ~ on_change
    ~ '` for `' ~ target_relation.render() ~ '`' -%}
  {%- if changes is none -%}
    {%- call statement('main') -%}
      {{ refresh_materialized_view(target_relation) }}
    {%- endcall -%}
  {%- elif on_change == 'continue' -%}
    {%- do exceptions.warn(notice) -%}
    {%- do store_raw_result(name='main', message='skip ' ~ target_relation, code='skip', rows_affected='-1') -%}
  {%- elif on_change == 'fail' -%}
    {%- do exceptions.raise_fail_fast_error(notice) -%}
  {%- elif on_change != 'apply' -%}
    {%- do exceptions.raise_compiler_error("`on_configuration_change` is one of apply, continue, fail, not '" ~ on_change ~ "'") -%}
  {%- elif changes['requires_full_refresh'] -%}
    {%- do rsdbt_replace_materialized_view(existing_relation, target_relation) -%}
    {{ return(true) }}
  {%- else -%}
    {%- do log('Applying ALTER to: ' ~ target_relation) -%}
    {%- for alter_sql in rsdbt_index_changes_sql(target_relation, changes['indexes']) -%}
      {%- call statement('alter_indexes') -%}{{ alter_sql }}{%- endcall -%}
    {%- endfor -%}
    {%- call statement('main') -%}
      {{ refresh_materialized_view(target_relation) }}
    {%- endcall -%}
  {%- endif -%}
  {{ return(false) }}
{% endmacro %}
