{# Relations with their columns, as the documentation shows them. #}

{% macro get_catalog(information_schema, schemas) %}
  {%- set relations = [] -%}
  {%- for schema in schemas -%}
    {%- do relations.append({'schema': schema}) -%}
  {%- endfor -%}
  {{ return(get_catalog_relations(information_schema, relations)) }}
{% endmacro %}

{% macro get_catalog_for_single_relation(relation) %}
  {{ return(get_catalog_relations(relation.information_schema_only(), [relation])) }}
{% endmacro %}

{% macro get_catalog_relations(information_schema, relations) %}
  {%- set conditions = ['false'] -%}
  {%- for relation in relations -%}
    {%- set in_schema = "lower(schema.nspname) = lower('" ~ escape_single_quotes(relation.schema) ~ "')" -%}
    {%- set named = " and lower(relation.relname) = lower('" ~ escape_single_quotes(relation.identifier) ~ "')" -%}
    {%- do conditions.append('(' ~ in_schema ~ (named if relation.identifier else '') ~ ')') -%}
  {%- endfor -%}
  {%- do adapter.verify_database(information_schema.database) -%}
  {%- set query -%}
    select
      '{{ escape_single_quotes(information_schema.database) }}' as table_database,
      schema.nspname as table_schema,
      relation.relname as table_name,
      case relation.relkind when 'v' then 'VIEW' when 'm' then 'MATERIALIZED VIEW' else 'BASE TABLE' end as table_type,
      obj_description(relation.oid, 'pg_class') as table_comment,
      attname as column_name,
      attnum as column_index,
      format_type(atttypid, atttypmod) as column_type,
      col_description(relation.oid, attnum) as column_comment,
      pg_get_userbyid(relation.relowner) as table_owner
    from pg_catalog.pg_class as relation
    join pg_catalog.pg_namespace as schema on schema.oid = relation.relnamespace
    join pg_catalog.pg_attribute on attrelid = relation.oid and attnum > 0 and not attisdropped
    where relation.relkind in ('r', 'p', 'f', 'v', 'm')
      and relation.relpersistence <> 't'
      and ({{ conditions | join(' or ') }})
    order by schema.nspname, relation.relname, attnum
  {%- endset -%}
  {{ return(adapter.introspect(query)) }}
{% endmacro %}

{# Postgres keeps no time of change that could be trusted, so freshness always asks the data. #}
{% macro get_relation_last_modified(information_schema, relations) %}
  {{ exceptions.raise_not_implemented('get_relation_last_modified macro not implemented for adapter postgres') }}
{% endmacro %}
