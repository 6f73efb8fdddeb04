{#
  What is remembered about a relation, in the schema `rsdbt` of its database: keyed by the oid, with the name beside it.
  A row whose oid names another relation now, or none, is worthless: it is dropped and never read.
#}

{# Whether the tables can be used; an error when they are required and the role may not make them. #}
{% macro rsdbt_memory(required=true) %}
  {{ return(adapter.prepare_memory(required)) }}
{% endmacro %}

{#
  {oid, files: as literals, known, same_files, adopted} of an existing relation. `same_files`: its file nodes, and those of its
  partitions, are the ones that were remembered; truncate, restore, vacuum full and pg_repack make others.
#}
{% macro rsdbt_memory_of(relation) %}
  {%- do rsdbt_memory() -%}
  {%- set query -%}
    with forgotten as ({{ rsdbt_forget_orphans_sql() }})
    select
      class.oid::text, now_there.files::text, known.relation is not null, coalesce(known.files = now_there.files, false),
      coalesce(known.adopted, false)
    from pg_catalog.pg_class as class
    join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
    cross join lateral (select {{ rsdbt_files_sql('class.oid') }} as files) as now_there
    left join rsdbt.relations as known
      on known.relation = class.oid and known.relation_name = class.relname and known.schema_name = namespace.nspname
    where class.oid = {{ rsdbt_regclass(relation) }}
  {%- endset -%}
  {%- set row = adapter.introspect(query).rows[0] -%}
  {{ return({
    'oid': "'" ~ row[0] ~ "'::pg_catalog.oid", 'files': "'" ~ row[1] ~ "'::bigint", 'known': row[2], 'same_files': row[3], 'adopted': row[4],
  }) }}
{% endmacro %}

{# A hash of the file nodes of a relation and its partitions. A crash empties an unlogged one, whose file node stays: never the same. #}
{% macro rsdbt_files_sql(oid) -%}
  (
    with recursive tree (oid) as (
      select {{ oid }}
      union all
      select inhrelid from pg_catalog.pg_inherits join tree on inhparent = tree.oid
    )
    select pg_catalog.hashtextextended(pg_catalog.string_agg(part.oid::text || ' ' || part.relfilenode::text
      || case part.relpersistence when 'u' then pg_catalog.random()::text else '' end, ',' order by part.oid), 0)
    from pg_catalog.pg_class as part join tree on part.oid = tree.oid
  )
{%- endmacro %}

{#
  Gives the oid as a literal. A relation that is built aside is remembered under the name that it is going to have. `files`: an
  expression when the rows of all its periods become known, too.
#}
{% macro rsdbt_remember_relation(relation, files='null') %}
  {%- do rsdbt_memory() -%}
  {{ return("'" ~ adapter.introspect(rsdbt_remember_relation_sql(relation, files)).rows[0][0] ~ "'::pg_catalog.oid") }}
{% endmacro %}

{% macro rsdbt_remember_relation_sql(relation, files='null') -%}
  insert into rsdbt.relations as known (relation, schema_name, relation_name, files)
  select oid, name[1]::pg_catalog.name, name[2]::pg_catalog.name, {{ files }}
  from pg_catalog.pg_class
  cross join pg_catalog.parse_ident('{{ escape_single_quotes((this if this is defined else relation).include(database=false).render()) }}') as name
  where oid = {{ rsdbt_regclass(relation) }}
  on conflict (relation) do update set remembered_at = excluded.remembered_at
  returning relation::text
{%- endmacro %}
