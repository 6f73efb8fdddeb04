{#
  Foreign keys that refer to a seed: Postgres truncates no table that one refers to, and a DELETE or a CASCADE would take
  the rows of others. The keys are dropped, the seed is loaded, the keys are added again with a look at all rows. Where this
  run also loads the other table, the look is at the end of the run: the rows of both change together. So do the seed's own
  keys to such a table.
#}

{# Columns: id, owner, manageable, name, and the table at the other end. #}
{% macro rsdbt_seed_references(relation) %}
  {%- set table = rsdbt_regclass(relation) | trim ~ '::pg_catalog.oid' -%}
  {%- set query -%}
    select
      reference.oid::pg_catalog.int8 as id, 'foreign key' as kind, pg_catalog.pg_get_userbyid(child.relowner)::pg_catalog.text as owner,
      pg_catalog.pg_has_role(child.relowner, 'usage') as manageable,
      pg_catalog.format('foreign key %I of %I.%I', reference.conname, schema.nspname, child.relname) as name,
      reference.conrelid = {{ table }} as is_own, other_schema.nspname::pg_catalog.text as schema, other.relname::pg_catalog.text as relation
    from pg_catalog.pg_constraint as reference
    join pg_catalog.pg_class as child on child.oid = reference.conrelid
    join pg_catalog.pg_namespace as schema on schema.oid = child.relnamespace
    join pg_catalog.pg_class as other on other.oid = case when reference.conrelid = {{ table }} then reference.confrelid else reference.conrelid end
    join pg_catalog.pg_namespace as other_schema on other_schema.oid = other.relnamespace
    where reference.oid in (
        select objid from pg_catalog.pg_depend as link
        where link.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid and link.refobjid = {{ table }}
          and link.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass::pg_catalog.oid
      )
      and reference.contype = 'f' and reference.conparentid = 0 and reference.conrelid <> reference.confrelid
    order by reference.oid
  {%- endset -%}
  {{ return(adapter.introspect(query).rows) }}
{% endmacro %}

{# Drops the keys; of a table that a new one replaces, its own only wait. Gives the statements that add them again. #}
{% macro rsdbt_take_references_off(relation, full_refresh) %}
  {%- for row in rsdbt_seed_references(relation) if row['manageable'] and not row['is_own'] -%}
    {%- do rsdbt_lock_table_of_key(row['schema'], row['relation']) -%}
  {%- endfor -%}
  {%- set rows = rsdbt_seed_references(relation) -%}
  {%- set built = rsdbt_built_by_this_run(rows) -%}
  {%- set ids = [] -%}
  {%- set awaited = ['0'] -%}
  {%- set own = [] -%}
  {%- for row in rows -%}
    {%- set waits = rsdbt_key_waits_for(built.get(tojson([row['schema'], row['relation']]))) -%}
    {%- if not (row['manageable'] or row['is_own']) -%}
      {{ exceptions.raise_database_error(
        'cannot load ' ~ relation.render() ~ ': ' ~ row['name'] ~ ' refers to it and belongs to ' ~ row['owner']
        ~ '\nhelp: load the seed as a role that may alter that table, or drop the key first'
      ) }}
    {%- endif -%}
    {%- do ids.append(row['id']) if waits or not row['is_own'] -%}
    {%- do awaited.append(row['id']) if waits -%}
    {%- do own.append(row['id']) if row['is_own'] -%}
  {%- endfor -%}
  {%- if not ids -%}
    {{ return([]) }}
  {%- endif -%}
  {%- do adapter.cache_open_end() if awaited | length > 1 -%}
  {%- set scripts = adapter.introspect(rsdbt_foreign_key_scripts_sql(ids, awaited) ~ ' order by 1').rows -%}
  {%- set waiting = scripts | selectattr('id', 'in', own if full_refresh else []) | list -%}
  {%- set removed = scripts | rejectattr('id', 'in', own if full_refresh else []) | list -%}
  {%- do rsdbt_run_scripts(waiting, 'replace') -%}
  {%- do rsdbt_run_scripts(removed, 'remove') -%}
  {{ return(removed) }}
{% endmacro %}

{% macro rsdbt_run_scripts(scripts, part) %}
  {%- for row in scripts -%}
    {%- call statement('reference') -%}{{ rsdbt_block('begin execute ' ~ row[part] ~ '; end') }}{%- endcall -%}
  {%- endfor -%}
{% endmacro %}
