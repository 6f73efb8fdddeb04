{# Relations that exist, by the run's cache. #}

{% macro load_cached_relation(relation) %}
  {{ return(adapter.get_relation(
    database=relation.database, schema=relation.schema, identifier=relation.identifier
  )) }}
{% endmacro %}

{% macro load_relation(relation) %}
  {{ return(load_cached_relation(relation)) }}
{% endmacro %}

{# Whether it exists, and the relation itself. #}
{% macro get_or_create_relation(database, schema, identifier, type) %}
  {%- set existing = adapter.get_relation(database=database, schema=schema, identifier=identifier) -%}
  {%- if existing -%}
    {{ return([true, existing]) }}
  {%- endif -%}
  {{ return([false, api.Relation.create(database=database, schema=schema, identifier=identifier, type=type)]) }}
{% endmacro %}

{# The relation's oid as an SQL expression; null when it does not exist. #}
{% macro rsdbt_regclass(relation) -%}
  pg_catalog.to_regclass('{{ escape_single_quotes(relation.include(database=false).render()) }}')::pg_catalog.oid
{%- endmacro %}
