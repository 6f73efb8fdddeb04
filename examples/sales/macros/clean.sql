{# A text without stray blanks, no-break spaces among them; NULL for what says nothing. #}
{% macro clean_text(column) -%}
nullif(nullif(nullif(btrim(regexp_replace({{ column }}, '[\s\u00a0]+', ' ', 'g')), ''), '-'), 'n/a')
{%- endmacro %}

{# 2026-03-02, 20260302, 2.3.2026, 02/03/2026 (day first) or 2 Mar 2026; NULL for anything else, and for 31.02.2026. #}
{% macro clean_date(column) -%}
{%- set iso -%}
regexp_replace({{ clean_text(column) }}, '^(\d{1,2})[./](\d{1,2})[./](\d{4})$', '\3-\2-\1')
{%- endset -%}
case
    when {{ iso }} ~ '^(\d{4}-\d{1,2}-\d{1,2}|\d{8}|\d{1,2} [A-Z][a-z]{2} \d{4})$' and pg_input_is_valid({{ iso }}, 'date')
        then ({{ iso }})::date
end
{%- endmacro %}

{# 1.234,50, 1,234.50, 1'234.5, £12 or 1.234: one or two digits at the end are decimals, other marks separate thousands. NULL for anything else. #}
{% macro clean_number(column) -%}
{%- set number -%}
regexp_replace({{ column }}, '[\s\u00a0€£]', '', 'g')
{%- endset -%}
case
    when {{ number }} ~ '^\d{1,3}([.,'']?\d{3})*([.,]\d{1,2})?$'
        then (regexp_replace(regexp_replace({{ number }}, '[.,]\d{1,2}$', ''), '[.,'']', '', 'g') || '.' || coalesce(substring({{ number }} from '[.,](\d{1,2})$'), '0'))::numeric(12, 2)
end
{%- endmacro %}
