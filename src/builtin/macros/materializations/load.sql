{# A source's table, filled from files, a command or standard input. Rows and ledger are one transaction. #}

{% materialization load, default %}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- if existing_relation is not none and not existing_relation.is_table -%}
    {{ exceptions.raise_compiler_error("Cannot load into '" ~ existing_relation.render() ~ "', it is a " ~ rsdbt_kind(existing_relation)) }}
  {%- endif -%}
  {%- set plan = adapter.load_plan() -%}

  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {%- do rsdbt_begin_where_needed() -%}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}

  {%- set inputs = adapter.load_inputs(rsdbt_known_files(existing_relation, plan)) -%}
  {%- if inputs == 0 and existing_relation is none -%}
    {{ exceptions.raise_database_error('there is no file to load yet, and the table ' ~ target_relation.render() ~ ' does not exist') }}
  {%- endif -%}
  {%- set counts = {'rows_read': 0, 'rows_applied': 0, 'rows_rejected': 0, 'rows_duplicate': 0, 'rows_deleted': 0, 'files': inputs if plan.has_files else 0} -%}
  {%- if inputs > 0 -%}
    {%- if plan.mode == 'replace' -%}
      {%- do rsdbt_load_replace(existing_relation, target_relation, plan, counts) -%}
    {%- else -%}
      {%- do rsdbt_load_into(existing_relation, target_relation, plan, counts) -%}
    {%- endif -%}
  {%- else -%}
    {#- Nothing to write, and a transaction to end. -#}
    {%- do adapter.execute('select', auto_begin=true) -%}
  {%- endif -%}
  {%- call noop_statement('main', 'LOAD ' ~ counts['rows_applied'], 'LOAD', counts['rows_applied']) -%}{%- endcall -%}
  {%- do adapter.rsdbt_add_counts(rsdbt_load_message(counts), counts) -%}

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
