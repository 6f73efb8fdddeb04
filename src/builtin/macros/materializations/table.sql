{# A table from a query, built aside and swapped in. A name that is free is taken at once. #}

{% materialization table, default %}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set intermediate_relation = make_intermediate_relation(target_relation) -%}

  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {%- do rsdbt_begin_where_needed() -%}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}

  {%- do rsdbt_drop_leftovers([intermediate_relation, make_backup_relation(target_relation, 'table')]) -%}
  {%- set built_relation = target_relation if existing_relation is none else intermediate_relation -%}
  {%- do rsdbt_create_table(built_relation) -%}
  {%- do create_indexes(built_relation) -%}
  {%- if existing_relation is none -%}
    {%- do adapter.cache_added(target_relation) -%}
  {%- else -%}
    {%- do rsdbt_swap(existing_relation, intermediate_relation, target_relation) -%}
    {%- do rsdbt_name_indexes(target_relation) -%}
    {%- do rsdbt_name_constraints(target_relation) -%}
  {%- endif -%}

  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {%- do rsdbt_carry_last() -%}
  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing_relation)) -%}
  {%- do persist_docs(target_relation, model) -%}
  {%- do rsdbt_settle(target_relation) -%}
  {%- do adapter.commit() -%}
  {{ run_hooks(post_hooks, inside_transaction=False) }}
  {%- do rsdbt_carry_after_hooks() -%}

  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
