{# What exists in the database. The run's own cache reads the catalog by itself; macros of projects call these. #}

{% macro list_relations_without_caching(schema_relation) %}
  {%- set query -%}
    select
      '{{ escape_single_quotes(schema_relation.database) }}' as database, relation.relname as name,
      schema.nspname as schema,
      case relation.relkind when 'v' then 'view' when 'm' then 'materialized_view' else 'table' end as type
    from pg_catalog.pg_class as relation
    join pg_catalog.pg_namespace as schema on schema.oid = relation.relnamespace
    where relation.relkind in ('r', 'p', 'f', 'v', 'm')
      and lower(schema.nspname) = lower('{{ escape_single_quotes(schema_relation.schema) }}')
  {%- endset -%}
  {{ return(adapter.introspect(query)) }}
{% endmacro %}

{% macro list_function_relations_without_caching(schema_relation) %}
  {%- set query -%}
    select distinct
      '{{ escape_single_quotes(schema_relation.database) }}' as database, proname as name, nspname as schema, 'function' as type
    from pg_catalog.pg_proc
    join pg_catalog.pg_namespace as schema on schema.oid = pronamespace
    where lower(nspname) = lower('{{ escape_single_quotes(schema_relation.schema) }}')
  {%- endset -%}
  {{ return(adapter.introspect(query)) }}
{% endmacro %}

{# Which view reads which relation, one row per pair. #}
{% macro get_relations() %}
  {%- set query -%}
    select distinct
      view_schema.nspname as dependent_schema, view.relname as dependent_name,
      read_schema.nspname as referenced_schema, read.relname as referenced_name
    from pg_catalog.pg_rewrite as rule
    join pg_catalog.pg_depend as link
      on link.objid = rule.oid
      and link.classid = 'pg_catalog.pg_rewrite'::regclass
      and link.refclassid = 'pg_catalog.pg_class'::regclass
      and link.refobjid <> rule.ev_class
    join pg_catalog.pg_class as view on view.oid = rule.ev_class
    join pg_catalog.pg_namespace as view_schema on view_schema.oid = view.relnamespace
    join pg_catalog.pg_class as read on read.oid = link.refobjid
    join pg_catalog.pg_namespace as read_schema on read_schema.oid = read.relnamespace
    where read_schema.nspname <> 'information_schema'
      and read_schema.nspname not like 'pg\_%'
    order by 1, 2, 3, 4
  {%- endset -%}
  {{ return(adapter.introspect(query)) }}
{% endmacro %}

{% macro postgres_get_relations() %}{{ return(get_relations()) }}{% endmacro %}
