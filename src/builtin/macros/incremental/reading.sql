{#
  How an increment reads its rows. `reading` is {query, beside}: what must see the very same rows as the query, or
  take them away, is part of its statement, as a common table expression that writes.
#}

{% macro rsdbt_read_rows(temp_relation, sql, reading) %}
  {%- set create_sql = get_create_table_as_sql(True, temp_relation, get_empty_subquery_sql(sql) if reading['beside'] else reading['query']) -%}
  {%- do rsdbt_write_first(create_sql) -%}
  {%- call statement('create_temp_relation') -%}{{ create_sql }}{%- endcall -%}
  {%- if reading['beside'] -%}
    {%- set insert_sql = rsdbt_insert_beside(temp_relation, reading) -%}
    {%- do rsdbt_write_first(insert_sql) -%}
    {%- call statement('read_rows') -%}{{ insert_sql }}{%- endcall -%}
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

{#
  What stands before the reading statement, and where its rows are. Rows that are read beside something else need not wait in a temporary
  table: the statement that applies them can read them. Not when something is `acting` on the rows: those are compared then.
#}
{% macro rsdbt_rows_of(arg_dict) %}
  {%- set reading = arg_dict.get('reading') -%}
  {%- if not reading -%}
    {{ return({'with': '', 'rows': arg_dict['temp_relation']}) }}
  {%- endif -%}
  {{ return({'with': 'with ' ~ reading['beside'] | join(',\n') ~ '\n', 'rows': '(\n' ~ reading['query'] ~ '\n) as rsdbt_rows'}) }}
{% endmacro %}
