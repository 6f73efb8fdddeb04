{#
  A relation that consumed a log is the only copy of those rows. As long as the log belongs to it, every materialization refuses to
  replace or empty it.
#}

{# Known by the oid: a renamed table is still that one. An operation may drop what it wants. #}
{% macro rsdbt_keep_consumed_rows(relation) %}
  {%- if not execute or model is not defined or relation is none or not adapter.has_memory() -%}
    {{ return('') }}
  {%- endif -%}
  {%- set query -%}
    select pg_catalog.format('%I.%I', log_schema, log_name), since::pg_catalog.text
    from rsdbt.logs where consumer = {{ rsdbt_regclass(relation) }}::pg_catalog.oid order by since, log
  {%- endset -%}
  {%- for log_name, since in adapter.introspect(query).rows -%}
    {{ exceptions.raise_compiler_error(
      relation ~ ' holds the only copy of the rows that were consumed from ' ~ log_name ~ ' since ' ~ since
      ~ ', and what the query returns now would replace them. Nothing was changed.\n'
      ~ 'help: keep `materialized: incremental` with `merge_upsert` and without a full refresh (`consume: false` reads the staged rows and leaves '
      ~ 'them), or rename the table to keep its rows. If they may be lost, free the log: '
      ~ "`rsdbt run-operation rsdbt_take_over_log --args '" ~ tojson({'staging': log_name}) ~ "'`, then run this model again"
    ) }}
  {%- endfor -%}
{% endmacro %}
