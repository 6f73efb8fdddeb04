{# Text functions; arguments are SQL expressions, not values. #}

{% macro concat(fields) -%}
  {{ fields | join(' || ') }}
{%- endmacro %}

{% macro hash(field) -%}
  md5(cast({{ field }} as {{ type_string() }}))
{%- endmacro %}

{% macro length(expression) -%}
  length({{ expression }})
{%- endmacro %}

{% macro position(substring_text, string_text) -%}
  position({{ substring_text }} in {{ string_text }})
{%- endmacro %}

{% macro replace(field, old_chars, new_chars) -%}
  replace({{ field }}, {{ old_chars }}, {{ new_chars }})
{%- endmacro %}

{% macro right(string_text, length_expression) -%}
  right({{ string_text }}, {{ length_expression }})
{%- endmacro %}

{# A negative part counts from the end. Postgres 14 knows that itself, but the part may also be an expression. #}
{% macro split_part(string_text, delimiter_text, part_number) -%}
  {%- if part_number is number and part_number < 0 -%}
    {{ _split_part_negative(string_text, delimiter_text, part_number) }}
  {%- else -%}
    split_part({{ string_text }}, {{ delimiter_text }}, {{ part_number }})
  {%- endif -%}
{%- endmacro %}

{% macro _split_part_negative(string_text, delimiter_text, part_number) -%}
  coalesce((string_to_array({{ string_text }}, {{ delimiter_text }}))[
    cardinality(string_to_array({{ string_text }}, {{ delimiter_text }})) + 1 + ({{ part_number }})
  ], '')
{%- endmacro %}

{# Values, not expressions: text between quotes. #}
{% macro string_literal(value) -%}
  '{{ value }}'
{%- endmacro %}

{% macro escape_single_quotes(expression) -%}
  {{ expression | string | replace("'", "''") }}
{%- endmacro %}
