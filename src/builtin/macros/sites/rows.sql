{# A query that runs in another output than its table lives in: its rows come by COPY. `sql` is a select from pg_temp.rsdbt_rows then. #}

{# Builds a new table from the node's query. Rows from elsewhere go into it directly. #}
{% macro rsdbt_create_table(relation) %}
  {%- if not adapter.rsdbt_rows_elsewhere() -%}
    {%- call statement('main') -%}
      {{ get_create_table_as_sql(False, relation, sql) }}
    {%- endcall -%}
    {{ return(none) }}
  {%- endif -%}
  {%- set columns = adapter.rsdbt_columns_elsewhere() -%}
  {%- set create_sql = get_create_table_as_sql(False, relation, rsdbt_no_rows_sql(columns)) -%}
  {%- set copy_sql = rsdbt_copy_sql(relation, columns) -%}
  {%- do write(create_sql ~ '\n' ~ copy_sql) -%}
  {%- call statement('create_table') -%}{{ create_sql }}{%- endcall -%}
  {%- do store_result('main', response=adapter.rsdbt_copy_rows(copy_sql)) -%}
{% endmacro %}

{# Fetches the rows for statements that read `sql`. Does nothing where these run beside the query's inputs. #}
{% macro rsdbt_stage_rows() %}
  {%- if not adapter.rsdbt_rows_elsewhere() -%}
    {{ return(none) }}
  {%- endif -%}
  {%- set columns = adapter.rsdbt_columns_elsewhere() -%}
  {%- call statement('drop_rows') -%}drop table if exists pg_temp.rsdbt_rows{%- endcall -%}
  {%- call statement('create_rows') -%}
    create temporary table rsdbt_rows as {{ rsdbt_no_rows_sql(columns) }}
  {%- endcall -%}
  {%- do adapter.rsdbt_copy_rows(rsdbt_copy_sql('pg_temp.rsdbt_rows', columns)) -%}
  {#- Nobody else gathers statistics on a temporary table. -#}
  {%- call statement('analyze_rows') -%}analyze pg_temp.rsdbt_rows{%- endcall -%}
{% endmacro %}

{# A query with these columns. #}
{% macro rsdbt_no_rows_sql(columns) -%}
  select
  {%- for column in columns %} null::{{ column['data_type'] }} as {{ adapter.quote(column['name']) }}{{ ',' if not loop.last }}{% endfor %}
  where false
{%- endmacro %}

{% macro rsdbt_copy_sql(relation, columns) -%}
  {%- set names = [] -%}
  {%- for column in columns -%}
    {%- do names.append(adapter.quote(column['name'])) -%}
  {%- endfor -%}
  copy {{ relation }}{{ ' (' ~ names | join(', ') ~ ')' if names }} from stdin (format binary)
{%- endmacro %}
