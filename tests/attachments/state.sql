-- Everything that the catalogs say of the relation $1, without oids and without what describes its rows: (what, how).
-- Whole catalog rows as JSON: a column that a later PostgreSQL adds is compared without a change here.
with recursive whole (oid) as (
  select $1::regclass::oid
  union
  select inhrelid from whole join pg_inherits on inhparent = whole.oid join pg_class on pg_class.oid = inhrelid and relispartition
),
relation as (
  select c.*, c.oid::regclass::text as shown from whole join pg_class as c on c.oid = whole.oid
),
of_index as (
  select i.*, c.relname, relation.shown
  from relation join pg_index as i on i.indrelid = relation.oid join pg_class as c on c.oid = i.indexrelid
)
select 'relation ' || shown as what, jsonb_pretty(
  to_jsonb(c) - array['oid', 'relfilenode', 'reltype', 'reltoastrelid', 'relpages', 'reltuples', 'relallvisible', 'relallfrozen', 'relfrozenxid',
    'relminmxid', 'relrewrite', 'relacl', 'relowner', 'relnamespace', 'reloftype', 'relpartbound', 'shown', 'relhastriggers', 'relhasrules', 'relhasindex', 'reloptions']
  || jsonb_build_object(
    'owner', relowner::regrole, 'type', nullif(reloftype, 0)::regtype, 'bound', pg_get_expr(relpartbound, oid),
    'options', (select array_agg(o order by o) from unnest(reloptions) as o),
    'toast', (select array_agg(o order by o) from pg_class as t, unnest(t.reloptions) as o where t.oid = c.reltoastrelid),
    'acl', (select array_agg(a::text order by a::text) from unnest(coalesce(relacl, acldefault('r', relowner))) as a)
  )
) as how
from relation as c
union all
select format('column %s.%s', shown, attname), jsonb_pretty(
  to_jsonb(a) - array['attrelid', 'attnum', 'attcacheoff', 'attacl', 'attmissingval', 'atthasmissing', 'attislocal', 'attinhcount', 'attstattarget']
  || jsonb_build_object(
    'acl', (select array_agg(x::text order by x::text) from unnest(attacl) as x), 'type', format_type(atttypid, atttypmod),
    'statistics', coalesce(attstattarget, -1), 'default', pg_get_expr(adbin, adrelid), 'sequence', pg_get_serial_sequence($1, attname)
  )
)
from relation join pg_attribute as a on attrelid = relation.oid and attnum > 0 and not attisdropped
left join pg_attrdef on adrelid = attrelid and adnum = attnum
union all
select format('constraint %s on %s', conname, shown), concat_ws(' ', pg_get_constraintdef(con.oid), convalidated, conislocal, coninhcount,
  case when conindid <> 0 then conindid::regclass end)
from relation join pg_constraint as con on conrelid = relation.oid
union all
select format('index %s on %s', relname, shown), concat_ws(' ', pg_get_indexdef(indexrelid), indisvalid, indisclustered, indisreplident,
  (select spcname from pg_class as c join pg_tablespace as t on t.oid = c.reltablespace where c.oid = indexrelid),
  (select array_agg(coalesce(attstattarget, -1) order by attnum) from pg_attribute where attrelid = indexrelid))
from of_index where relname !~ '^[0-9a-f]{32}$'
union all
select format('policy %s on %s', polname, shown), concat_ws(' ', polcmd, polpermissive, (select array_agg(r::regrole::text order by 1) from unnest(polroles) as r),
  pg_get_expr(polqual, polrelid), '|', pg_get_expr(polwithcheck, polrelid))
from relation join pg_policy on polrelid = relation.oid
union all
select format('trigger %s on %s', tgname, shown), concat_ws(' ', tgenabled, pg_get_triggerdef(t.oid))
from relation join pg_trigger as t on tgrelid = relation.oid where not tgisinternal
union all
select format('rule %s on %s', rulename, shown), concat_ws(' ', ev_enabled, pg_get_ruledef(r.oid))
from relation join pg_rewrite as r on ev_class = relation.oid
union all
select format('publication %s of %s', pubname, shown), concat_ws(' ', (
  select string_agg(attname, ' ' order by attname) from pg_attribute where attrelid = prrelid and attnum = any(prattrs::int2[])
), pg_get_expr(prqual, prrelid))
from relation join pg_publication_rel on prrelid = relation.oid join pg_publication as p on p.oid = prpubid
union all
select format('statistics %s on %s', stxname, shown), concat_ws(' ', pg_get_statisticsobjdef(s.oid), coalesce(stxstattarget, -1), stxowner::regrole)
from relation join pg_statistic_ext as s on stxrelid = relation.oid
union all
select format('parent of %s', shown), format('%s %s', inhparent::regclass, inhseqno)
from relation join pg_inherits on inhrelid = relation.oid
union all
select format('label %s of %s', provider, shown), concat_ws(' ', objsubid, label)
from relation join pg_seclabel as l on objoid = relation.oid and classoid = 'pg_class'::regclass
union all
select format('sequence %s', objid::regclass), concat_ws(' ', deptype, refobjsubid, to_jsonb(s) - 'seqrelid', pg_sequence_last_value(objid), obj_description(objid, 'pg_class'),
  (select array_agg(a::text order by a::text) from pg_class, unnest(relacl) as a where oid = objid and deptype = 'a'),
  (select array_agg(a::text order by a::text) from pg_class, unnest(coalesce(relacl, acldefault('s', relowner))) as a where oid = objid))
from relation join pg_depend on refobjid = relation.oid and refclassid = 'pg_class'::regclass and classid = 'pg_class'::regclass
join pg_sequence as s on seqrelid = objid
union all
-- what is attached to the relation, and the comment of that and of the relation itself, whatever catalog it is in
select distinct format('%s (%s) of %s', pg_describe_object(classid, objid, 0), deptype, relation.shown),
  concat_ws(' ', obj_description(objid, classid::regclass::text),
  (select string_agg(e.extname, ' ') from pg_depend as x join pg_extension as e on e.oid = x.refobjid where x.classid = d.classid and x.objid = d.objid and x.deptype = 'x'))
from relation join pg_depend as d on refobjid = relation.oid and refclassid = 'pg_class'::regclass
left join of_index on of_index.indexrelid = objid and classid = 'pg_class'::regclass
where (of_index.relname is null or of_index.relname !~ '^[0-9a-f]{32}$')
  -- of these only: what belongs to other tables may be dropped meanwhile
  and case when refobjid = relation.oid then pg_describe_object(classid, objid, 0) !~ 'toast table|^default value' end
union all
select format('comment %s on %s', coalesce(attname, ''), shown), description
from relation join pg_description on objoid = relation.oid and classoid = 'pg_class'::regclass
left join pg_attribute on attrelid = objoid and attnum = objsubid
order by 1, 2
