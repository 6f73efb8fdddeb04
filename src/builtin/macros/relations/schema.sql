{# Schemas. #}

{% macro create_schema(relation) %}
  {%- call statement('create_schema') -%}
    create schema if not exists {{ rsdbt_schema_name(relation) }}
  {%- endcall -%}
{% endmacro %}

{% macro drop_schema(relation) %}
  {%- call statement('drop_schema') -%}
    drop schema if exists {{ rsdbt_schema_name(relation) }} cascade
  {%- endcall -%}
{% endmacro %}

{% macro drop_schema_named(schema_name) %}
  {%- do adapter.drop_schema(api.Relation.create(schema=schema_name)) -%}
{% endmacro %}

{# Postgres cannot reach into another database: such a name is an error before it is a statement. #}
{% macro rsdbt_schema_name(relation) -%}
  {%- if relation.database -%}
    {%- do adapter.verify_database(relation.database) -%}
  {%- endif -%}
  {{ relation.without_identifier().include(database=False) }}
{%- endmacro %}

{% macro list_schemas(database) %}
  {%- if database -%}
    {%- do adapter.verify_database(database) -%}
  {%- endif -%}
  {%- set query -%}
    select nspname from pg_catalog.pg_namespace
  {%- endset -%}
  {{ return(adapter.introspect(query)) }}
{% endmacro %}

{% macro check_schema_exists(information_schema, schema) %}
  {%- set query -%}
    select count(*) from pg_catalog.pg_namespace where nspname = '{{ escape_single_quotes(schema) }}'
  {%- endset -%}
  {{ return(adapter.introspect(query)) }}
{% endmacro %}

{% macro information_schema_name(database) -%}
  information_schema
{%- endmacro %}
