{# Set operators and null-safe comparison. #}

{% macro except() %}except{% endmacro %}

{% macro intersect() %}intersect{% endmacro %}

{# With the behaviour flag on, two nulls are equal. #}
{% macro equals(expr1, expr2) -%}
  {%- if adapter.behavior.enable_truthy_nulls_equals_macro.no_warn -%}
    ({{ expr1 }} is not distinct from {{ expr2 }})
  {%- else -%}
    ({{ expr1 }} = {{ expr2 }})
  {%- endif -%}
{%- endmacro %}
