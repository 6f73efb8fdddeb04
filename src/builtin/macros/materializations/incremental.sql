{# A table that grows: the first run builds it, later ones bring only what the query gives for them. #}

{% materialization incremental, default %}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set intermediate_relation = make_intermediate_relation(target_relation) -%}
  {%- set strategy = config.get('incremental_strategy') or 'default' -%}
  {%- set get_strategy_sql = adapter.get_incremental_strategy_macro(context, strategy) -%}
  {%- set traits = rsdbt_traits(strategy) -%}
  {%- do rsdbt_check_consuming(strategy, traits, existing_relation) -%}
  {%- set rebuild = rsdbt_rebuilds(should_full_refresh()) or (existing_relation is not none and not existing_relation.is_table) -%}

  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {%- do rsdbt_begin_where_needed() -%}
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
      {%- do rsdbt_name_constraints(target_relation) -%}
    {%- endif -%}
  {%- else -%}
    {%- do rsdbt_refuse_hidden_rows(existing_relation) if not traits['adds_only'] -%}
    {%- set ending = rsdbt_increment(existing_relation, target_relation, strategy, get_strategy_sql) -%}
  {%- endif -%}

  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing_relation, rebuild)) -%}
  {%- do persist_docs(target_relation, model) -%}
  {%- set swaps = ending and ending['swap'] -%}
  {%- set hooks_follow = post_hooks | selectattr('transaction') | list -%}
  {%- if swaps and not hooks_follow -%}
    {#- The swap ends the transaction: what belongs to that goes before. -#}
    {%- do rsdbt_carry_last() -%}
    {%- do rsdbt_settle(target_relation) -%}
  {%- endif -%}
  {%- if swaps -%}
    {%- do rsdbt_end_with_swap(ending) -%}
  {%- endif -%}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {%- if hooks_follow or not swaps -%}
    {%- do rsdbt_carry_last() -%}
    {%- do rsdbt_settle(target_relation) -%}
  {%- endif -%}
  {%- do adapter.commit() -%}
  {{ run_hooks(post_hooks, inside_transaction=False) }}
  {%- do rsdbt_carry_after_hooks() -%}
  {%- if ending -%}
    {%- do rsdbt_raise_failed_partitions(ending) -%}
  {%- endif -%}

  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
