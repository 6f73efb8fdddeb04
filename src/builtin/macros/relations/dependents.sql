{#
  What depends on a relation, from pg_depend: views on it, views on those, and foreign keys to it. Newest first, the
  order in which they are locked.
#}

{# Rows of (id, level, name, kind, manageable); usually none. #}
{% macro rsdbt_dependents(relation) %}
  {%- set query -%}
    with recursive dependent (id, level) as (
      select rule.ev_class, 1
      from pg_catalog.pg_depend as link
      join pg_catalog.pg_rewrite as rule on rule.oid = link.objid
      where link.classid = 'pg_catalog.pg_rewrite'::regclass
        and link.refclassid = 'pg_catalog.pg_class'::regclass
        and link.refobjid = {{ rsdbt_regclass(relation) }}
        and rule.ev_class <> link.refobjid
      union
      select rule.ev_class, dependent.level + 1
      from dependent
      join pg_catalog.pg_depend as link
        on link.refobjid = dependent.id
        and link.classid = 'pg_catalog.pg_rewrite'::regclass
        and link.refclassid = 'pg_catalog.pg_class'::regclass
      join pg_catalog.pg_rewrite as rule on rule.oid = link.objid and rule.ev_class <> dependent.id
    )
    select
      relation.oid::bigint as id,
      max(dependent.level) as level,
      format('%I.%I', schema.nspname, relation.relname) as name,
      relation.relkind::text as kind,
      pg_get_userbyid(relation.relowner)::text as owner,
      pg_has_role(relation.relowner, 'usage') as manageable
    from dependent
    join pg_catalog.pg_class as relation on relation.oid = dependent.id
    join pg_catalog.pg_namespace as schema on schema.oid = relation.relnamespace
    group by relation.oid, schema.nspname
    union all
    select
      reference.oid::bigint, 1, format('%s %I', reference.conrelid::regclass, reference.conname), 'f',
      pg_get_userbyid(child.relowner), pg_has_role(child.relowner, 'usage')
    from pg_catalog.pg_constraint as reference
    join pg_catalog.pg_class as child on child.oid = reference.conrelid
    where reference.contype = 'f'
      and reference.confrelid = {{ rsdbt_regclass(relation) }}
      and reference.conrelid <> reference.confrelid
      and reference.conparentid = 0
    order by id desc
  {%- endset -%}
  {{ return(run_query(query).rows) }}
{% endmacro %}
