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

{#
  Rows that are read beside something else need not wait in a temporary table: the statement that applies them can read
  them. Not when old rows go before it that the query may look at, nor when something is `acting` on the rows: those are compared then.
#}
{% macro rsdbt_reads_at_last(strategy, reading, windows, acting) %}
  {%- if not reading['beside'] or acting -%}
    {{ return(False) }}
  {%- endif -%}
  {{ return(strategy == 'merge_upsert' or windows is not none and not config.get('partitioned') and this.identifier not in reading['query']) }}
{% endmacro %}

{# What stands before the reading statement, and where its rows are. #}
{% macro rsdbt_rows_of(arg_dict) %}
  {%- set reading = arg_dict.get('reading') -%}
  {%- if not reading -%}
    {{ return({'with': '', 'rows': arg_dict['temp_relation']}) }}
  {%- endif -%}
  {{ return({'with': 'with ' ~ reading['beside'] | join(',\n') ~ '\n', 'rows': '(\n' ~ reading['query'] ~ '\n) as rsdbt_rows'}) }}
{% endmacro %}
