{#
  What depends on relations, from pg_depend: views and materialized views and what reads those; rules, policies, triggers,
  defaults and functions that name one of them; foreign keys. Newest first, the order in which they are locked.
#}

{# `roots`: oids as SQL. Rows of (id, level, kind, schema, relation, name, owner, manageable); usually none. #}
{% macro rsdbt_dependents(roots) %}
  {%- set query -%}
    with recursive dependent (id, level) as (
      select root.id::pg_catalog.oid, 0 from (values ({{ roots | join('), (') }})) as root (id) where root.id is not null
      union
      select rule.ev_class, dependent.level + 1
      from dependent
      join pg_catalog.pg_depend as link
        on link.refobjid = dependent.id
        and link.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
        and link.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      join pg_catalog.pg_rewrite as rule on rule.oid = link.objid and rule.ev_type = '1' and rule.ev_class <> dependent.id
    ),
    node as (
      select dependent.id, pg_catalog.max(dependent.level) as level, pg_catalog.min(dependent.level) as nearest from dependent group by dependent.id
    ),
    link as (
      select distinct link.classid, link.objid, node.id as node_id, node.level
      from node
      join pg_catalog.pg_depend as link
        on link.refobjid = node.id and link.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      where link.deptype in ('n', 'a')
    ),
    part (id, level, kind, on_id, name) as (
      {{ rsdbt_dependent_parts_sql() }}
    )
    select
      found.id::pg_catalog.int8 as id, pg_catalog.max(found.level)::pg_catalog.int4 as level, found.kind::pg_catalog.text as kind,
      schema.nspname::pg_catalog.text as schema, relation.relname::pg_catalog.text as relation,
      coalesce(found.name, pg_catalog.format('%I.%I', schema.nspname, relation.relname)) as name,
      pg_catalog.pg_get_userbyid(coalesce(routine.proowner, relation.relowner))::pg_catalog.text as owner,
      pg_catalog.pg_has_role(coalesce(routine.proowner, relation.relowner), 'usage') as manageable
    from (
      select node.id, node.level, relation.relkind::pg_catalog.text as kind, node.id as on_id, null as name
      from node
      join pg_catalog.pg_class as relation on relation.oid = node.id
      where node.nearest > 0
      union all
      select part.id, part.level + 1, part.kind, part.on_id, part.name
      from part
      where not exists (select from node where node.nearest = 0 and node.id = part.on_id)
    ) as found
    left join pg_catalog.pg_class as relation on relation.oid = found.on_id
    left join pg_catalog.pg_namespace as schema on schema.oid = relation.relnamespace
    left join pg_catalog.pg_proc as routine on found.kind = 'function' and routine.oid = found.id
    group by found.id, found.kind, found.name, schema.nspname, relation.relname, routine.proowner, relation.relowner
    order by id desc, kind
  {%- endset -%}
  {{ return(adapter.introspect(query).rows) }}
{% endmacro %}

{# A look at indexes: most relations have no dependents, and the whole query takes longer to plan than to run. #}
{% macro rsdbt_has_dependents(relation) %}
  {%- set query -%}
    select exists (
      select from pg_catalog.pg_class as relation
      join pg_catalog.pg_depend as link
        on link.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and link.refobjid = relation.oid
        or link.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass and link.refobjid = relation.reltype
      where relation.oid = {{ rsdbt_regclass(relation) }}
        and (link.deptype = 'n' or link.deptype = 'a' and link.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass)
    )
  {%- endset -%}
  {{ return(adapter.introspect(query).rows[0][0]) }}
{% endmacro %}
