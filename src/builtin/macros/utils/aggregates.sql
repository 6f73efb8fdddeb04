{# Aggregate functions. #}

{# Postgres knows any_value only since 16. #}
{% macro any_value(expression) -%}
  min({{ expression }})
{%- endmacro %}

{% macro bool_or(expression) -%}
  bool_or({{ expression }})
{%- endmacro %}

{# `order_by_clause` comes with its keywords: `order by x`. #}
{% macro listagg(measure, delimiter_text="','", order_by_clause=none, limit_num=none) -%}
  {%- set order_by = ' ' ~ order_by_clause if order_by_clause else '' -%}
  {%- if limit_num -%}
    array_to_string((array_agg({{ measure }}{{ order_by }}))[1:{{ limit_num }}], {{ delimiter_text }})
  {%- else -%}
    string_agg({{ measure }}, {{ delimiter_text }}{{ order_by }})
  {%- endif -%}
{%- endmacro %}
