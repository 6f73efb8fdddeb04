{#
  A relation that consumed a log is the only copy of those rows. As long as the log belongs to it, every materialization refuses to
  replace or empty it.
#}

{# Known by the oid: a renamed table is still that one. An operation may drop what it wants. #}
{% macro rsdbt_keep_consumed_rows(relation) %}
  {%- for log_name, since in rsdbt_logs_of(relation) -%}
    {{ exceptions.raise_compiler_error(
      relation ~ ' holds the only copy of the rows that were consumed from ' ~ log_name ~ ' since ' ~ since
      ~ ', and what the query returns now would replace them. Nothing was changed.\n'
      ~ 'help: keep `materialized: incremental` with `merge_upsert` and without a full refresh (`consume: false` reads the staged rows and leaves '
      ~ 'them), or rename the table to keep its rows. If they may be lost, free the log: '
      ~ "`rsdbt run-operation rsdbt_take_over_log --args '" ~ tojson({'staging': log_name}) ~ "'`, then run this model again"
    ) }}
  {%- endfor -%}
{% endmacro %}

{# (name, since when) of the logs that the relation has consumed. #}
{% macro rsdbt_logs_of(relation) %}
  {%- if not execute or model is not defined or relation is none or not adapter.has_memory() -%}
    {{ return([]) }}
  {%- endif -%}
  {%- set query -%}
    select pg_catalog.format('%I.%I', log_schema, log_name), since::pg_catalog.text
    from rsdbt.logs where consumer = {{ rsdbt_regclass(relation) }}::pg_catalog.oid order by since, log
  {%- endset -%}
  {{ return(adapter.introspect(query).rows) }}
{% endmacro %}

{# `sync_all_columns` of such a relation: it drops no column and changes no type that values would not fit. `changes`: of check_for_schema_changes. #}
{% macro rsdbt_keep_consumed_columns(source_relation, target_relation, changes) %}
  {%- set retyped = changes['new_target_types'] | map(attribute='column_name') | list -%}
  {%- set lost = changes['target_not_in_source'] | map(attribute='name') | list -%}
  {%- for log_name, since in (rsdbt_logs_of(target_relation) if lost or retyped else []) -%}
    {%- set narrowed = [] -%}
    {%- for text in rsdbt_narrowed_columns(target_relation, source_relation, 'in the table', 'in the query', retyped) if retyped -%}
      {%- do narrowed.append(text) -%}
    {%- endfor -%}
    {%- if lost or narrowed -%}
      {{ exceptions.raise_compiler_error(
        target_relation ~ ' holds the only copy of the rows that were consumed from ' ~ log_name ~ ' since ' ~ since ~ ', and `on_schema_change: sync_all_columns` would lose values of it. Nothing was changed.\n'
        ~ ('  Missing in the query: ' ~ lost | join(', ') ~ '\n' if lost) ~ ('  Rounded or cut: ' ~ narrowed | join('; ') ~ '\n' if narrowed)
        ~ 'help: return these columns, and with their types, or set on_schema_change to `append_new_columns`, which keeps missing columns and leaves them NULL in new rows. '
        ~ 'If the values may be lost, alter the table yourself: `alter table ' ~ target_relation ~ ' drop column ..`'
      ) }}
    {%- endif -%}
  {%- endfor -%}
{% endmacro %}
