{# Date arithmetic. #}

{% macro dateadd(datepart, interval, from_date_or_timestamp) -%}
  {#- Postgres has no `interval '1 quarter'`. -#}
  {{ from_date_or_timestamp }} + (
    {%- if datepart | lower == 'quarter' %}interval '3 month'{% else %}interval '1 {{ datepart }}'{% endif %} operator(pg_catalog.*) ({{ interval }}))
{%- endmacro %}

{% macro date_trunc(datepart, date) -%}
  pg_catalog.date_trunc('{{ datepart }}', {{ date }})
{%- endmacro %}

{% macro last_day(date, datepart) -%}
  cast({{ dateadd('day', '-1', dateadd(datepart, '1', date_trunc(datepart, date))) }} as date)
{%- endmacro %}

{% macro default_last_day(date, datepart) -%}
  {{ last_day(date, datepart) }}
{%- endmacro %}

{% macro date(year, month, day) -%}
  pg_catalog.to_date('{{ modules.datetime.date(year, month, day).strftime('%Y-%m-%d') }}', 'YYYY-MM-DD')
{%- endmacro %}
