{# The columns of a table that is loaded from another database. #}

{# Columns that the other table has gained. #}
{% macro rsdbt_load_append_columns(relation) %}
  {%- set query -%}
    select declared.name, declared.type
    from ({{ rsdbt_load_columns_sql("pg_catalog.to_regclass('pg_temp.rsdbt_declared')::pg_catalog.oid") }} order by attnum) as declared
    where declared.name not in (select there.name from ({{ rsdbt_load_columns_sql(rsdbt_regclass(relation)) }}) as there)
  {%- endset -%}
  {%- for row in adapter.introspect(query).rows -%}
    {%- call statement('append_column') -%}alter table {{ relation }} add column {{ adapter.quote(row[0]) }} {{ row[1] }}{%- endcall -%}
  {%- endfor -%}
{% endmacro %}

{# A declared type is that of the other database, or text: any other cast might change values. #}
{% macro rsdbt_load_compare_arriving(load) %}
  {%- set query -%}
    select declared.name, declared.type, arriving.type
    from ({{ rsdbt_load_columns_sql("pg_catalog.to_regclass('pg_temp.rsdbt_declared')::pg_catalog.oid") }}) as declared
    join ({{ rsdbt_load_columns_sql("pg_catalog.to_regclass('pg_temp.rsdbt_staged')::pg_catalog.oid") }}) as arriving on arriving.name = declared.name
    where declared.type <> arriving.type order by 1
  {%- endset -%}
  {%- set differences = [] -%}
  {%- for row in adapter.introspect(query).rows -%}
    {%- do differences.append('`' ~ row[0] ~ '` is declared as ' ~ row[1] ~ ', it is ' ~ row[2] ~ ' there') -%}
  {%- endfor -%}
  {%- if differences -%}
    {{ exceptions.raise_database_error(
      'cannot load ' ~ load.origin ~ ': ' ~ differences | join('; ') ~ '\nhelp: declare the type that it has there, `text`, or none'
    ) }}
  {%- endif -%}
{% endmacro %}
