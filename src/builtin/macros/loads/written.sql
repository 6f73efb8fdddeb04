{#
  The staged rows enter the table. Where something of the table acts on its rows (`acting`, of rsdbt_acting_on_rows), it is asked whether the table
  took all of them, and rows with a key are updated and inserted one after the other: `on conflict` calls a trigger of INSERT for each row.
#}

{# `insert_sql`: the statement where nothing acts. Gives the number of rows that were written. #}
{% macro rsdbt_load_write(relation, load, insert_sql) %}
  {%- set acting = rsdbt_acting_on_rows(relation, ['insert', 'update'] if load.mode == 'upsert' else ['insert']) -%}
  {#- `on conflict` is not for tables with rules, whatever they do. -#}
  {%- set acting = acting or ({'later': 'the rules of the table'} if rsdbt_class_flags(relation)['has_rules']) -%}
  {%- if acting and load.unique_key and load.mode in ['append', 'upsert'] -%}
    {%- do rsdbt_refuse_operators_of_others(relation, api.Relation.create(schema='pg_temp', identifier='rsdbt_staged'), rsdbt_load_keys(load)) -%}
    {%- set written = rsdbt_load_update(relation, load, acting) + rsdbt_load_insert(relation, load, acting) -%}
    {%- do rsdbt_load_check_keys(relation, load, acting) -%}
    {{ return(written) }}
  {%- endif -%}
  {%- set given = run_query('select pg_catalog.count(*)::pg_catalog.int8 from ' ~ rsdbt_load_rows_sql(load) ~ ' as given').rows[0][0] if acting -%}
  {%- call statement('applied') -%}{{ insert_sql }}{%- endcall -%}
  {%- set written = load_result('applied')['response'].rows_affected -%}
  {%- do rsdbt_load_check_count(relation, acting, given, written) if acting -%}
  {%- do rsdbt_load_check_there(relation, acting, written) -%}
  {{ return(written) }}
{% endmacro %}

{# The rows of the load, each key once: of those of files the last one, for `append` the first. #}
{% macro rsdbt_load_rows_sql(load) -%}
  {%- set keys = rsdbt_load_values(load, load.unique_key) if load.unique_key and not load.origin -%}
  (select {{ 'distinct on (' ~ keys ~ ') ' if keys }}{{ rsdbt_load_values(load) }} from pg_temp.rsdbt_staged{{ ' order by ' ~ keys ~ ', ' ~ rsdbt_load_order_sql(load) if keys }})
{%- endmacro %}

{% macro rsdbt_load_keys(load) %}
  {%- set keys = [] -%}
  {%- for name in load.unique_key -%}
    {%- do keys.append(adapter.quote(name)) -%}
  {%- endfor -%}
  {{ return(keys) }}
{% endmacro %}

{% macro rsdbt_load_update(relation, load, acting) %}
  {%- set assigned = [] -%}
  {%- set others = rsdbt_load_updated(relation, load) -%}
  {%- for name in others -%}
    {%- do assigned.append(adapter.quote(name) ~ ' = excluded.' ~ adapter.quote(name)) -%}
  {%- endfor -%}
  {%- set conditions = [rsdbt_load_differs_sql(others)] if others and load.origin else [] -%}
  {%- if load.mark -%}
    {%- do assigned.append(adapter.quote(load.mark) ~ ' = null') -%}
    {%- do conditions.append('rsdbt_kept.' ~ adapter.quote(load.mark) ~ ' is not null') -%}
  {%- endif -%}
  {%- if load.mode != 'upsert' or not assigned -%}
    {{ return(0) }}
  {%- endif -%}
  {%- set matched = rsdbt_same_key(rsdbt_load_keys(load), 'excluded', 'rsdbt_kept') ~ (' and (' ~ conditions | join(' or ') ~ ')' if conditions) -%}
  {%- set rows = rsdbt_load_rows_sql(load) ~ ' as excluded' -%}
  {%- set due = run_query('select pg_catalog.count(*)::pg_catalog.int8 from ' ~ rows ~ ' join ' ~ relation ~ ' as rsdbt_kept on ' ~ matched).rows[0][0] -%}
  {%- do rsdbt_load_note_before(relation, load, others) if others -%}
  {%- call statement('updated') -%}update {{ relation }} as rsdbt_kept set {{ assigned | join(', ') }} from {{ rows }} where {{ matched }}{%- endcall -%}
  {%- set written = load_result('updated')['response'].rows_affected -%}
  {%- do rsdbt_load_check_count(relation, acting, due, written) -%}
  {%- do rsdbt_load_check_changed(relation, load, others, acting) if others -%}
  {{ return(written) }}
{% endmacro %}

{% macro rsdbt_load_insert(relation, load, acting) %}
  {%- set missing = rsdbt_load_rows_sql(load) ~ ' as excluded where not exists (select from ' ~ relation ~ ' as rsdbt_kept where ' ~ rsdbt_same_key(rsdbt_load_keys(load), 'excluded', 'rsdbt_kept') ~ ')' -%}
  {%- set due = run_query('select pg_catalog.count(*)::pg_catalog.int8 from ' ~ missing).rows[0][0] -%}
  {%- set names = rsdbt_load_names(load.columns | map(attribute='name') | list) -%}
  {%- call statement('inserted') -%}insert into {{ relation }} ({{ names }}) overriding system value select {{ names }} from {{ missing }}{%- endcall -%}
  {%- set written = load_result('inserted')['response'].rows_affected -%}
  {%- do rsdbt_load_check_count(relation, acting, due, written) -%}
  {{ return(written) }}
{% endmacro %}
