{# Rows that a statement does not write are counted while it reads and writes at once. #}

{# A condition on the rows: settings of the transaction count. #}
{% macro rsdbt_counting_condition(condition) -%}
  {%- set field = rsdbt_partitioning().field -%}
  case when {{ condition }} then true
    when not {{ rsdbt_has_period_sql(field) }} then {{ rsdbt_one_more('rsdbt.without_period') }} is null
    when {{ rsdbt_one_more('rsdbt.outside') }}::bigint <= 3 then pg_catalog.set_config('rsdbt.first_outside',
      pg_catalog.concat_ws(', ', nullif(pg_catalog.current_setting('rsdbt.first_outside', true), ''), {{ field }}::text), true) is null
    else false end
{%- endmacro %}

{% macro rsdbt_one_more(setting) -%}
  pg_catalog.set_config('{{ setting }}', (coalesce(nullif(pg_catalog.current_setting('{{ setting }}', true), ''), '0')::bigint + 1)::text, true)
{%- endmacro %}

{% macro rsdbt_report_counted_rows() %}
  {%- set counts = run_query(
    "select coalesce(nullif(pg_catalog.current_setting('rsdbt.without_period', true), ''), '0')::bigint, "
    ~ "coalesce(nullif(pg_catalog.current_setting('rsdbt.outside', true), ''), '0')::bigint, pg_catalog.current_setting('rsdbt.first_outside', true)"
  ).rows[0] -%}
  {%- do rsdbt_report_rows(counts[0], counts[1], counts[2]) -%}
{% endmacro %}
