{# What would keep the old relation from being dropped, or would silently go with it, and cannot be made again. #}

{% macro rsdbt_refused_attachments_sql() -%}
  select
    'refuse' as part, 0 as rank, name, pg_catalog.pg_describe_object(link.classid, link.objid, link.objsubid)
    || case when refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid then ' uses its row type' else ' depends on it' end as what,
    null::text as present, null::text as sql, old_id
  from pair
  join pg_catalog.pg_type as row_type on row_type.oid = row_type_id
  join pg_catalog.pg_depend as link
    on link.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid and link.refobjid = old_id
    or link.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid and link.refobjid in (row_type.oid, row_type.typarray)
  where link.deptype = 'n' and not (
    -- these move, as dependents
    link.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid and link.classid = any (array[
      'pg_catalog.pg_policy'::pg_catalog.regclass::pg_catalog.oid, 'pg_catalog.pg_trigger'::pg_catalog.regclass::pg_catalog.oid,
      'pg_catalog.pg_attrdef'::pg_catalog.regclass::pg_catalog.oid, 'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid
    ])
  ) and not exists (
    select from pg_catalog.pg_class as reader
    where reader.oid = link.objid and link.classid = 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid and reader.relkind in ('v', 'm')
  ) and not exists (
    select from pg_catalog.pg_rewrite as rule
    where rule.oid = link.objid and link.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass::pg_catalog.oid
  ) and not exists (
    select from pg_catalog.pg_constraint as con
    where con.oid = link.objid and link.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass::pg_catalog.oid
  ) and not exists (
    select from pg_catalog.pg_policy as policy
    where policy.oid = link.objid and link.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass::pg_catalog.oid and polrelid = old_id
  ) and not exists (
    select from pg_catalog.pg_trigger as trigger
    where trigger.oid = link.objid and link.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass::pg_catalog.oid and tgrelid = old_id
  ) and not exists (
    select from pg_catalog.pg_publication_rel as published
    where published.oid = link.objid and link.classid = 'pg_catalog.pg_publication_rel'::pg_catalog.regclass::pg_catalog.oid and prrelid = old_id
  ) and not exists (
    select from pg_catalog.pg_attrdef as given
    where given.oid = link.objid and link.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass::pg_catalog.oid and adrelid = old_id
  )
  union all
  select 'refuse', 0, name, pg_catalog.format('it belongs to extension %I', extname), null, null, old_id
  from pair
  join pg_catalog.pg_depend as link on link.classid = 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid and link.objid = old_id
  join pg_catalog.pg_extension on pg_extension.oid = link.refobjid
  where link.deptype = 'e'
  union all
  select 'refuse', 0, name, 'a subscription writes to it', null, null, old_id
  from pair
  where exists (select from pg_catalog.pg_subscription_rel where srrelid = old_id)
{%- endmacro %}
