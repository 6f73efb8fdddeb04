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
  to_regclass('{{ escape_single_quotes(relation.include(database=false).render()) }}')
{%- endmacro %}

{# A look at one index: most relations have no dependents, and the whole query takes longer to plan than to run. #}
{% macro rsdbt_has_dependents(relation) %}
  {%- set query -%}
    select exists (
      select from pg_catalog.pg_depend
      where refclassid = 'pg_catalog.pg_class'::regclass
        and refobjid = {{ rsdbt_regclass(relation) }}
        and classid in ('pg_catalog.pg_rewrite'::regclass, 'pg_catalog.pg_constraint'::regclass)
        and deptype = 'n'
    )
  {%- endset -%}
  {{ return(run_query(query).rows[0][0]) }}
{% endmacro %}
