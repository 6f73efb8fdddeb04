{#
  Dependents that are no relations, as (id, level, kind, relation that they are on, name). Every class of objects that can
  depend on a table is here: what cannot move is of kind `refused`.
#}

{% macro rsdbt_dependent_parts_sql() -%}
  select rule.oid, link.level, 'rule', rule.ev_class, pg_catalog.format('rule %I on %s', rule.rulename, rule.ev_class::pg_catalog.regclass)
  from link
  join pg_catalog.pg_rewrite as rule on rule.oid = link.objid and rule.ev_type <> '1' and rule.ev_class <> link.node_id
  where link.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
  union all
  select policy.oid, link.level, 'policy', policy.polrelid, pg_catalog.format('policy %I on %s', policy.polname, policy.polrelid::pg_catalog.regclass)
  from link
  join pg_catalog.pg_policy as policy on policy.oid = link.objid and policy.polrelid <> link.node_id
  where link.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
  union all
  select tg.oid, link.level, 'trigger', tg.tgrelid, pg_catalog.format('trigger %I on %s', tg.tgname, tg.tgrelid::pg_catalog.regclass)
  from link
  join pg_catalog.pg_trigger as tg on tg.oid = link.objid and not tg.tgisinternal and tg.tgrelid <> link.node_id
  where link.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass
  union all
  select
    given.oid, link.level, case when attribute.attgenerated = '' then 'default' else 'refused' end, given.adrelid,
    pg_catalog.pg_describe_object(link.classid, link.objid, 0)
  from link
  join pg_catalog.pg_attrdef as given on given.oid = link.objid and given.adrelid <> link.node_id
  join pg_catalog.pg_attribute as attribute on attribute.attrelid = given.adrelid and attribute.attnum = given.adnum
  where link.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
  union all
  select routine.oid, link.level, 'function', 0, pg_catalog.pg_describe_object(link.classid, link.objid, 0)
  from link
  join pg_catalog.pg_proc as routine on routine.oid = link.objid
  where link.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
  union all
  select
    reference.oid, link.level, 'foreign key', reference.conrelid,
    pg_catalog.format('foreign key %I of %s', reference.conname, reference.conrelid::pg_catalog.regclass)
  from link
  join pg_catalog.pg_constraint as reference on reference.oid = link.objid and reference.contype = 'f' and reference.conparentid = 0
  where link.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
  union all
  {{ rsdbt_refused_dependents_sql() }}
{%- endmacro %}

{#
  Tables that inherit, columns and functions of the row type, checks and indexes that name the table as a constant: these
  hold the table itself. Parts of the table itself are not dependents.
#}
{% macro rsdbt_refused_dependents_sql() -%}
  select holder.objid, 0, 'refused', holder.on_id, pg_catalog.pg_describe_object(holder.classid, holder.objid, holder.objsubid)
  from (
    select
      link.classid, link.objid, link.objsubid,
      case
        when link.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass then (select checked.conrelid from pg_catalog.pg_constraint as checked where checked.oid = link.objid)
        when link.classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass then (select stxrelid from pg_catalog.pg_statistic_ext where oid = link.objid)
        when link.classid = 'pg_catalog.pg_class'::pg_catalog.regclass then coalesce((select indrelid from pg_catalog.pg_index where indexrelid = link.objid), link.objid)
        else 0::pg_catalog.oid
      end as on_id
    from node
    join pg_catalog.pg_class as relation on relation.oid = node.id
    join pg_catalog.pg_depend as link
      on link.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and link.refobjid = node.id
      and link.classid <> all (array[{% for class in ['rewrite', 'policy', 'trigger', 'attrdef', 'proc', 'publication_rel'] %}'pg_catalog.pg_{{ class }}'::pg_catalog.regclass{{ ', ' if not loop.last }}{% endfor %}]::pg_catalog.oid[])
      or link.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass and link.refobjid = relation.reltype
    where node.nearest = 0 and link.deptype = 'n'
      and not exists (
        select from pg_catalog.pg_constraint as reference
        where link.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass and reference.oid = link.objid and reference.contype = 'f'
      )
  ) as holder
  where not exists (select from node where node.id = holder.on_id)
{%- endmacro %}
