{#
  A row that is deleted and written again is the same row to whoever reads it, but not to a foreign key that passes the
  delete on: it would delete or change rows of other tables, or of other periods.
#}

{# `deletes`: what would delete the rows that meet the condition, if there are any. `comes_back`: and write them again. #}
{% macro rsdbt_refuse_cascades(relation, deletes, comes_back=true, condition='true', known_flags=none) %}
  {%- set class = rsdbt_class_flags(relation) if known_flags is none else known_flags -%}
  {%- if not (class['has_triggers'] or class['has_children']) -%}
    {{ return('') }}
  {%- endif -%}
  {%- set query -%}
    with recursive tree (oid) as (
      select {{ rsdbt_regclass(relation) }}::pg_catalog.oid
      union all
      select inhrelid from pg_catalog.pg_inherits join tree on inhparent = tree.oid
    )
    select pg_catalog.string_agg(distinct pg_catalog.format('%I of %I.%I (on delete %s)', reference.conname, schema.nspname, child.relname,
      case reference.confdeltype when 'c' then 'cascade' when 'n' then 'set null' else 'set default' end), ', ')
    from tree
    join pg_catalog.pg_trigger on tgrelid = tree.oid and tgisinternal
    join pg_catalog.pg_constraint as reference
      on reference.oid = tgconstraint and reference.confrelid = tgrelid and reference.contype = 'f' and reference.confdeltype in ('c', 'n', 'd')
    join pg_catalog.pg_class as child on child.oid = reference.conrelid
    join pg_catalog.pg_namespace as schema on schema.oid = child.relnamespace
  {%- endset -%}
  {%- set keys = adapter.introspect(query).rows[0][0] -%}
  {%- if keys and rsdbt_has_rows(relation, condition) -%}
    {{ exceptions.raise_database_error(
      deletes ~ ' deletes rows of ' ~ relation.render() ~ ', and foreign key ' ~ keys ~ ' would delete or change the rows that refer to them; nothing was changed'
      ~ '\nhelp: ' ~ ('declare the key `on delete no action deferrable initially deferred`, so that it looks at the rows once all are written, or drop it'
      if comes_back else 'drop the key, or read the rows without deleting them')
    ) }}
  {%- endif -%}
{% endmacro %}

{% macro rsdbt_has_rows(relation, condition) %}
  {{ return(run_query('select exists (select from ' ~ relation ~ ' as DBT_INTERNAL_DEST where ' ~ condition ~ ')').rows[0][0]) }}
{% endmacro %}
