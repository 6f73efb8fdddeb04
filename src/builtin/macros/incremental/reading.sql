{#
  How an increment reads its rows. `reading` is {query, beside}: what must see the very same rows as the query, or
  take them away, is part of its statement, as a common table expression that writes.
#}

{% macro rsdbt_read_rows(temp_relation, sql, reading) %}
  {%- call statement('create_temp_relation') -%}
    {{ get_create_table_as_sql(True, temp_relation, get_empty_subquery_sql(sql) if reading['beside'] else reading['query']) }}
  {%- endcall -%}
  {%- if reading['beside'] -%}
    {%- call statement('read_rows') -%}
      {{ rsdbt_insert_beside(temp_relation, reading) }}
    {%- endcall -%}
  {%- endif -%}
{% endmacro %}

{# The server wants writing expressions at the top. #}
{% macro rsdbt_insert_beside(relation, reading) -%}
  with {{ reading['beside'] | join(',\n') }}
  insert into {{ relation }}
  select * from (
    {{ reading['query'] }}
  ) as rsdbt_rows
{%- endmacro %}
