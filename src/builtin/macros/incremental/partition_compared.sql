{# What is compared of a row. #}

{# A row as a text. Sums of floats depend on the order of their rows: without their last digits. #}
{% macro rsdbt_line_sql(columns) -%}
  row({{ rsdbt_compared_values(columns) | join(', ') }})::text
{%- endmacro %}

{% macro rsdbt_compared_values(columns) %}
  {%- set values = [] -%}
  {%- for column in columns -%}
    {%- set digits = {'double precision': '9.99999999EEEE', 'real': '9.999EEEE'}.get(column.dtype) -%}
    {%- do values.append('pg_catalog.to_char(rsdbt_rows.' ~ column.quoted ~ "::pg_catalog.float8, '" ~ digits ~ "')" if digits else 'rsdbt_rows.' ~ column.quoted) -%}
  {%- endfor -%}
  {{ return(values) }}
{% endmacro %}
