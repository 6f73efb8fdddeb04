{# `rsdbt compile`: what a run would refuse before it consumes anything. Of a table that is not there yet nothing is known. #}

{% macro rsdbt_refuse_untraceable(query) %}
  {%- set consume = config.get('consume') -%}
  {%- if consume and config.get('incremental_strategy') == 'merge_upsert' and not flags.EMPTY and not flags.SAMPLE -%}
    {%- set staging = consume if consume is string else rsdbt_only_input(query) -%}
    {%- set catalog = "select pg_catalog.to_regclass('" ~ escape_single_quotes(staging) ~ "') is not null" -%}
    {%- if adapter.introspect(catalog).rows[0][0] -%}
      {%- do rsdbt_trace_staged_rows(query, staging) -%}
    {%- endif -%}
  {%- endif -%}
{% endmacro %}
