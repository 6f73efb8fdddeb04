{# Arrays; all elements share one type. #}

{% macro array_construct(inputs=[], data_type=none) -%}
  {%- if inputs -%}
    array[{{ inputs | join(', ') }}]
  {%- else -%}
    array[]::{{ data_type or type_int() }}[]
  {%- endif -%}
{%- endmacro %}

{% macro array_append(array, new_element) -%}
  pg_catalog.array_append({{ array }}, {{ new_element }})
{%- endmacro %}

{% macro array_concat(array_1, array_2) -%}
  pg_catalog.array_cat({{ array_1 }}, {{ array_2 }})
{%- endmacro %}
