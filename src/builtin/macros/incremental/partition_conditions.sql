{# The conditions of `in_partitions` in a query. `rsdbt_query_parts` is the query in parts: text, kind and column of a condition, text, kind, column, text. #}

{# The query over the input rows of windows. #}
{% macro rsdbt_query_of(windows, kinds) %}
  {%- set conditions = [] -%}
  {%- for kind in kinds -%}
    {%- do conditions.append(rsdbt_in_windows(rsdbt_query_parts[loop.index0 * 3 + 2], kind, windows) if kind is not none else 'true') -%}
  {%- endfor -%}
  {{ return(rsdbt_query_with(conditions)) }}
{% endmacro %}

{% macro rsdbt_query_with(conditions) %}
  {%- set texts = [rsdbt_query_parts[0]] -%}
  {%- for condition in conditions -%}
    {%- do texts.append('(' ~ condition ~ ')' if condition != 'true' else condition) -%}
    {%- do texts.append(rsdbt_query_parts[loop.index0 * 3 + 3]) -%}
  {%- endfor -%}
  {{ return(texts | join) }}
{% endmacro %}

{# As written, or by the type of the column; none for one that no row meets: in a comment. #}
{% macro rsdbt_kinds_of_conditions(parts) %}
  {%- set types = rsdbt_types_of_conditions(parts) if 'type' in parts[1::3] else [] -%}
  {%- set kinds = [] -%}
  {%- for kind in parts[1::3] -%}
    {%- do kinds.append(rsdbt_kind_of_type(parts[loop.index0 * 3 + 2], types[loop.index0]) if kind == 'type' else kind) -%}
  {%- endfor -%}
  {{ return(kinds) }}
{% endmacro %}
