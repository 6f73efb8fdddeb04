{# A text without stray blanks and line breaks; NULL for an empty one. #}
{% macro clean_text(column) -%}
nullif(btrim(regexp_replace({{ column }}, '\s+', ' ', 'g')), '')
{%- endmacro %}

{# 3, 3.0 or 3 pcs; NULL for anything else. #}
{% macro clean_quantity(column) -%}
case when {{ clean_text(column) }} ~ '^\d{1,6}(\.0+)?( ?pcs)?$' then substring({{ clean_text(column) }} from '^\d+')::int end
{%- endmacro %}

{# 12.50, 12,5, € 12 or 12.50 EUR; NULL for anything else. #}
{% macro clean_price(column) -%}
{%- set number -%}
replace(regexp_replace({{ column }}, '\s|€|EUR', '', 'g'), ',', '.')
{%- endset -%}
case when {{ number }} ~ '^\d{1,8}(\.\d{1,2})?$' then ({{ number }})::numeric(12, 2) end
{%- endmacro %}
