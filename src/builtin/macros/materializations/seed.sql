{# A table from a CSV file. #}

{% materialization seed, default %}
  {%- set old_relation = load_cached_relation(this) -%}
  {%- set exists = old_relation is not none -%}
  {%- set full_refresh = should_full_refresh() -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- if exists and not old_relation.is_table -%}
    {{ exceptions.raise_compiler_error("Cannot seed to '" ~ old_relation.render() ~ "', it is a " ~ rsdbt_kind(old_relation)) }}
  {%- endif -%}
  {%- set agate_table = load_agate_table() -%}
  {%- do store_result('agate_table', response='OK', agate_table=agate_table) -%}

  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {%- do rsdbt_begin_where_needed() -%}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}

  {%- set row_count = agate_table.rows | length -%}
  {%- set is_recorded = exists and rsdbt_admit_load(old_relation, row_count) -%}
  {%- set references = rsdbt_take_references_off(old_relation, full_refresh) if exists else [] -%}
  {%- if exists -%}
    {%- set table_sql = reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
  {%- else -%}
    {%- set table_sql = create_csv_table(model, agate_table) -%}
    {%- do adapter.cache_added(target_relation) -%}
  {%- endif -%}
  {%- set loaded = load_result('rsdbt_seed_rows') -%}
  {%- set rows_sql = loaded['response'] if loaded else load_csv_rows(model, agate_table) if row_count > 0 else '' -%}
  {%- do rsdbt_run_scripts(references, 'rebuild') if not full_refresh -%}
  {%- set code = 'CREATE' if full_refresh else 'INSERT' -%}
  {%- call noop_statement('main', code ~ ' ' ~ row_count, code, row_count) -%}
    {{ get_csv_sql(table_sql, rows_sql) }}
  {%- endcall -%}

  {%- if full_refresh or not is_recorded -%}
    {%- do rsdbt_remember_build(target_relation, 'seed', row_count) -%}
  {%- endif -%}

  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(old_relation, full_refresh)) -%}
  {%- do persist_docs(target_relation, model) -%}
  {%- if full_refresh or not exists -%}
    {%- do create_indexes(target_relation) -%}
  {%- endif -%}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {%- do rsdbt_carry_last() -%}
  {#- They need the key of the new table, which may come last. -#}
  {%- do rsdbt_run_scripts(references, 'rebuild') if full_refresh -%}
  {%- do rsdbt_settle(target_relation) -%}
  {%- do adapter.commit() -%}
  {{ run_hooks(post_hooks, inside_transaction=False) }}
  {%- do rsdbt_carry_after_hooks() -%}

  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
