{#
  Foreign keys that refer to a seed: Postgres truncates no table that one refers to, and a DELETE or a CASCADE would take
  the rows of others. The keys are dropped, the seed is loaded, the keys are added again with a look at all rows.
#}

{% macro rsdbt_seed_references(relation) %}
  {%- set query -%}
    select
      reference.oid::pg_catalog.int8 as id, pg_catalog.pg_get_userbyid(child.relowner)::pg_catalog.text as owner,
      pg_catalog.pg_has_role(child.relowner, 'usage') as manageable,
      pg_catalog.format('foreign key %I of %I.%I', reference.conname, schema.nspname, child.relname) as name
    from pg_catalog.pg_depend as link
    join pg_catalog.pg_constraint as reference
      on reference.oid = link.objid and reference.contype = 'f' and reference.conparentid = 0
      and reference.confrelid = link.refobjid and reference.conrelid <> link.refobjid
    join pg_catalog.pg_class as child on child.oid = reference.conrelid
    join pg_catalog.pg_namespace as schema on schema.oid = child.relnamespace
    where link.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and link.refobjid = {{ rsdbt_regclass(relation) }}
      and link.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
    group by reference.oid, child.oid, schema.oid
    order by reference.oid
  {%- endset -%}
  {{ return(run_query(query).rows) }}
{% endmacro %}

{# Drops the keys. Gives the statements that add them again. #}
{% macro rsdbt_take_references_off(relation) %}
  {%- set ids = [] -%}
  {%- for row in rsdbt_seed_references(relation) -%}
    {%- if not row['manageable'] -%}
      {{ exceptions.raise_database_error(
        'cannot load ' ~ relation.render() ~ ': ' ~ row['name'] ~ ' refers to it and belongs to ' ~ row['owner']
        ~ '\nhelp: load the seed as a role that may alter that table, or drop the key first'
      ) }}
    {%- endif -%}
    {%- do ids.append(row['id']) -%}
  {%- endfor -%}
  {%- if not ids -%}
    {{ return([]) }}
  {%- endif -%}
  {%- set path = rsdbt_enter_catalog_path() -%}
  {%- set scripts = run_query(rsdbt_foreign_key_scripts_sql(ids, ['0']) ~ ' order by 1').rows -%}
  {%- do rsdbt_leave_catalog_path(path) -%}
  {%- do rsdbt_run_scripts(scripts, 'remove') -%}
  {{ return(scripts) }}
{% endmacro %}

{% macro rsdbt_run_scripts(scripts, part) %}
  {%- for row in scripts -%}
    {%- call statement('reference') -%}{{ rsdbt_block('begin execute ' ~ row[part] ~ '; end') }}{%- endcall -%}
  {%- endfor -%}
{% endmacro %}
