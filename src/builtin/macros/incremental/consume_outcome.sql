{# What became of the staged rows of a merge: checked in its transaction, told in the node's message. #}

{# Raised inside the transaction: nothing is applied and nothing consumed. #}
{% macro rsdbt_check_staged_rows(keys, reading) %}
  {%- set query -%}
    select
      {{ rsdbt_rows_without_key() }},
      nullif(pg_catalog.current_setting('rsdbt.staged', true), ''),
      coalesce(nullif(pg_catalog.current_setting('rsdbt.deleted', true), ''), '0')::pg_catalog.int8,
      coalesce(nullif(pg_catalog.current_setting('rsdbt.hidden', true), ''), '0')::pg_catalog.int8
  {%- endset -%}
  {%- set outcome = adapter.introspect(query).rows[0] -%}
  {%- if outcome[0] > 0 -%}
    {%- do exceptions.raise_database_error(
      outcome[0] ~ ' staged row' ~ ('s' if outcome[0] > 1 else '') ~ ' without a key (' ~ keys | join(', ')
      ~ '): nothing was applied and nothing consumed'
    ) -%}
  {%- endif -%}
  {%- if reading['staging'] -%}
    {%- set counts = (outcome[1] or '0 0 0').split(' ') | map('int') | list -%}
    {%- do rsdbt_check_kept_in_log(reading, counts[2]) -%}
    {%- do rsdbt_check_hidden_by_nulls(reading, outcome[3]) -%}
    {%- if reading['grouped'] and counts[2] > 0 -%}
      {%- do run_query(rsdbt_block("begin raise exception using errcode = 'serialization_failure', message = "
        ~ "'" ~ counts[2] ~ " staged rows were changed by another session, or may not be deleted, while rows that were grouped with "
        ~ "them were merged: nothing was applied and nothing consumed'; end")) -%}
    {%- endif -%}
    {%- do rsdbt_tell_staged_rows(reading['staging'], counts[0], counts[1], outcome[2]) -%}
  {%- endif -%}
{% endmacro %}

{# Superseded: rows that were consumed and changed nothing, as a newer one was there or came with them. #}
{% macro rsdbt_tell_staged_rows(staging, consumed, left, deleted) %}
  {%- set response = load_result('main')['response'] -%}
  {%- set applied = [response.rows_affected, 0] | max -%}
  {%- set superseded = [consumed - applied - deleted, 0] | max -%}
  {%- set notes = [] -%}
  {%- for count, word in [(deleted, 'deleted'), (superseded, 'superseded'), (left, 'left')] if count -%}
    {%- do notes.append(count ~ ' ' ~ word) -%}
  {%- endfor -%}
  {%- do adapter.rsdbt_add_counts(
    response.message ~ (' (' ~ notes | join(', ') ~ ')' if notes else ''),
    {'rows_deleted': deleted, 'rows_superseded': superseded, 'rows_left': left}
  ) -%}
  {%- if left > applied + deleted -%}
    {%- do exceptions.warn(
      this.identifier ~ ': more staged rows were left in ' ~ staging ~ ' (' ~ left ~ ') than were applied (' ~ (applied + deleted)
      ~ '). The query leaves them out, and they stay until it does not'
    ) -%}
  {%- endif -%}
{% endmacro %}

{# Before anything happens: what a consuming model could not make good again. #}
{% macro rsdbt_check_consuming(strategy, traits, existing_relation) %}
  {%- if not config.get('consume') -%}
    {{ return('') }}
  {%- elif not traits['consumes'] -%}
    {{ exceptions.raise_compiler_error('`consume` needs incremental_strategy `merge_upsert`, not `' ~ strategy ~ '`') }}
  {%- elif existing_relation is not none and not existing_relation.is_table -%}
    {{ exceptions.raise_compiler_error(
      '`consume`: ' ~ this ~ ' is a ' ~ existing_relation.type ~ ', not the table that holds the rows consumed so far. A new table '
      ~ 'would hold only what is staged now: put the table back, or drop the ' ~ existing_relation.type ~ ' to begin anew'
    ) }}
  {%- elif config.get('full_refresh') -%}
    {%- do exceptions.warn(this.identifier ~ ': `full_refresh: true` is ignored with `consume`: the rows consumed so far are in the table only') -%}
  {%- endif -%}
{% endmacro %}
