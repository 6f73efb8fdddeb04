//! The views that read a relation, with all that is needed to make them again after the relation was replaced.

use crate::diagnostic::Result;

use super::super::Connection;
use super::read;
use super::relations::RelationKind;

/// A view or materialized view that reads a relation, directly or through other views.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependent {
    pub schema: String,
    pub name: String,
    pub kind: RelationKind,
    /// Steps from the relation: rebuild in this order, drop in the opposite one.
    pub depth: i64,
    /// The view's query, without a semicolon.
    pub definition: String,
    /// The statements that follow its creation: owner, options, indexes, grants, comments.
    pub restore: Vec<String>,
}

/// All dependents, those nearest to the relation first.
pub fn dependents(connection: &mut Connection, schema: &str, name: &str) -> Result<Vec<Dependent>> {
    read(connection, SQL, &[schema, name], |row| Dependent {
        schema: row.text(),
        name: row.text(),
        kind: if row.flag() { RelationKind::MaterializedView } else { RelationKind::View },
        depth: row.number(),
        definition: row.text().trim_end_matches([';', '\n', ' ']).to_owned(),
        restore: row.texts(),
    })
}

const SQL: &str = r"
with recursive reading (oid, depth) as (
    select c.oid, 0
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = $1::text and c.relname = $2::text
    union
    select r.ev_class, reading.depth + 1
    from reading
    join pg_catalog.pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = reading.oid
        and d.classid = 'pg_rewrite'::regclass and d.deptype = 'n'
    join pg_catalog.pg_rewrite r on r.oid = d.objid and r.ev_class <> reading.oid
), view as (
    select c.*, n.nspname, max(reading.depth) as depth,
        format('%I.%I', n.nspname, c.relname) as full_name,
        case c.relkind when 'm' then 'materialized view' else 'view' end as word
    from reading
    join pg_catalog.pg_class c on c.oid = reading.oid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where reading.depth > 0
    group by c.oid, n.nspname
)
select v.nspname::text, v.relname::text, v.relkind = 'm', v.depth, pg_catalog.pg_get_viewdef(v.oid),
    array(
        select format('alter %s %s owner to %I', v.word, v.full_name, pg_catalog.pg_get_userbyid(v.relowner))
        where pg_catalog.pg_get_userbyid(v.relowner) <> current_user
        union all
        select format('alter %s %s set (%s)', v.word, v.full_name, array_to_string(v.reloptions, ', '))
        where v.reloptions is not null
        union all
        select pg_catalog.pg_get_indexdef(i.indexrelid) from pg_catalog.pg_index i where i.indrelid = v.oid
        union all
        select format('grant %s on %s to %s%s', a.privilege_type, v.full_name,
            case a.grantee when 0 then 'public' else quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) end,
            case when a.is_grantable then ' with grant option' else '' end)
        from aclexplode(v.relacl) a where a.grantee <> v.relowner
        union all
        select case d.objsubid
            when 0 then format('comment on %s %s is %L', v.word, v.full_name, d.description)
            else format('comment on column %s.%I is %L', v.full_name, t.attname, d.description) end
        from pg_catalog.pg_description d
        left join pg_catalog.pg_attribute t on t.attrelid = d.objoid and t.attnum = d.objsubid
        where d.classoid = 'pg_class'::regclass and d.objoid = v.oid
    )
from view v
order by v.depth, v.oid";
