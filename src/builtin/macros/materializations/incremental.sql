{# A table that grows: the first run builds it, later ones bring only what the query gives for them. #}

{% materialization incremental, default %}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set intermediate_relation = make_intermediate_relation(target_relation) -%}
  {%- set strategy = config.get('incremental_strategy') or 'default' -%}
  {%- set get_strategy_sql = adapter.get_incremental_strategy_macro(context, strategy) -%}
  {%- set rebuild = should_full_refresh() or (existing_relation is not none and not existing_relation.is_table) -%}

  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}

  {%- if existing_relation is none or rebuild -%}
    {%- do rsdbt_drop_leftovers([intermediate_relation, make_backup_relation(target_relation, 'table')]) -%}
    {%- set built_relation = target_relation if existing_relation is none else intermediate_relation -%}
    {%- do rsdbt_build_incremental(built_relation, strategy, get_strategy_sql) -%}
    {%- do create_indexes(built_relation) -%}
    {%- if existing_relation is none -%}
      {%- do adapter.cache_added(target_relation) -%}
    {%- else -%}
      {%- do rsdbt_swap(existing_relation, intermediate_relation, target_relation) -%}
      {%- do rsdbt_name_indexes(target_relation) -%}
    {%- endif -%}
  {%- else -%}
    {%- do rsdbt_increment(existing_relation, target_relation, strategy, get_strategy_sql) -%}
  {%- endif -%}

  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing_relation, rebuild)) -%}
  {%- do persist_docs(target_relation, model) -%}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {%- do adapter.commit() -%}
  {{ run_hooks(post_hooks, inside_transaction=False) }}

  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{# The first build. An upsert has its own way to look at rows: it begins with an empty table. #}
{% macro rsdbt_build_incremental(relation, strategy, get_strategy_sql) %}
  {%- if strategy != 'merge_upsert' -%}
    {%- call statement('main') -%}
      {{ get_create_table_as_sql(False, relation, sql) }}
    {%- endcall -%}
  {%- else -%}
    {%- call statement('create_empty') -%}
      {{ get_create_table_as_sql(False, relation, get_empty_subquery_sql(sql)) }}
    {%- endcall -%}
    {%- do rsdbt_increment(relation, relation, strategy, get_strategy_sql) -%}
  {%- endif -%}
{% endmacro %}

{# The query's rows wait in a temporary table while columns are compared; then the strategy's SQL takes them over. #}
{% macro rsdbt_increment(existing_relation, target_relation, strategy, get_strategy_sql) %}
  {%- set temp_relation = make_temp_relation(target_relation) -%}
  {%- if strategy == 'merge_upsert' -%}
    {%- do rsdbt_one_merge_at_a_time(this) -%}
  {%- endif -%}
  {%- call statement('create_temp_relation') -%}
    {{ get_create_table_as_sql(True, temp_relation, rsdbt_consuming_sql(sql) if strategy == 'merge_upsert' else sql) }}
  {%- endcall -%}
  {%- if not config.get('contract').enforced -%}
    {%- do adapter.expand_target_column_types(from_relation=temp_relation, to_relation=target_relation) -%}
  {%- endif -%}
  {%- set on_schema_change = incremental_validate_on_schema_change(config.get('on_schema_change'), default='ignore') -%}
  {%- set dest_columns = process_schema_changes(on_schema_change, temp_relation, existing_relation)
    or adapter.get_columns_in_relation(existing_relation) -%}
  {%- set unique_key = config.get('unique_key') -%}
  {%- if unique_key and strategy != 'merge_upsert' -%}
    {#- Nobody else gathers statistics on a temporary table, and the join by key needs them. -#}
    {%- do run_query('analyze ' ~ temp_relation) -%}
  {%- endif -%}
  {%- call statement('main') -%}
    {{ get_strategy_sql({
      'target_relation': target_relation, 'temp_relation': temp_relation, 'unique_key': unique_key,
      'dest_columns': dest_columns,
      'incremental_predicates': config.get('predicates', none) or config.get('incremental_predicates', none),
    }) }}
  {%- endcall -%}
{% endmacro %}
