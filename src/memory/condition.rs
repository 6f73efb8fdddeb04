//! In what state the memory of a database is, for the role that asks.

use super::layout;
use crate::adapter::{Cell, Connection};
use crate::diagnostic::Result;

/// Looked up in the catalog's rows: what a session did not find by its name once, it may go on not to find.
const QUERY: &str = "\
select
  current_user::text, r.rolsuper, pg_catalog.current_database()::text, owner.rolname::text,
  pg_catalog.has_database_privilege(d.oid, 'CREATE'),
  (select rolname::text from pg_catalog.pg_roles where oid = s.nspowner),
  case when s.nspowner is null then false else pg_catalog.pg_has_role(s.nspowner, 'MEMBER') end,
  pg_catalog.obj_description(s.oid, 'pg_namespace'),
  (
    select o.rolname::text
    from (
      select s.nspowner as oid, 0 as rank where s.oid is not null
      union all select relowner, 1 from pg_catalog.pg_class where relnamespace = s.oid
      union all select proowner, 1 from pg_catalog.pg_proc where pronamespace = s.oid
    ) as owned
    join pg_catalog.pg_roles as o using (oid)
    where not (o.rolsuper or o.oid = d.datdba or o.rolname = 'pg_database_owner' or o.rolname = current_user
      or not r.rolsuper and pg_catalog.pg_has_role(o.oid, 'MEMBER'))
    order by rank limit 1
  ),
  exists (
    select from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = $1::text and c.relname in ('partition_fingerprints', 'schedule_intervals') and c.relkind = 'r'
      and pg_catalog.pg_has_role(c.relowner, 'USAGE')
  )
from pg_catalog.pg_database as d
join pg_catalog.pg_roles as owner on owner.oid = d.datdba
join pg_catalog.pg_roles as r on r.rolname = current_user
left join pg_catalog.pg_namespace as s on s.nspname = 'rsdbt'
where d.datname = pg_catalog.current_database()";

/// The catalog's answer.
#[derive(Debug)]
pub(super) struct Condition {
    pub(super) role: String,
    pub(super) is_superuser: bool,
    pub(super) database: String,
    pub(super) database_owner: String,
    pub(super) may_create: bool,
    pub(super) schema_owner: Option<String>,
    pub(super) may_own: bool,
    /// By the schema's comment.
    pub(super) version: Option<i64>,
    /// An owner of the schema, or of something in it, whom the role has no reason to trust.
    pub(super) stranger: Option<String>,
    /// Tables of an earlier rsdbt beside the target schema.
    pub(super) has_legacy: bool,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Ready,
    Missing,
    Old,
    /// Missing or old, and the role may not change that.
    Denied,
    /// Whoever owns the tables can write whatever they want into them.
    Untrusted,
    Newer,
}

impl Condition {
    pub(super) fn read(connection: &mut Connection) -> Result<Self> {
        let legacy_schema = super::legacy::schema(connection.settings());
        let rows = connection.query(QUERY, &[&legacy_schema])?;
        let row = rows.rows.first().map_or(&[][..], Vec::as_slice);
        let text = |at: usize| match row.get(at) {
            Some(Cell::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let truth = |at: usize| row.get(at) == Some(&Cell::Bool(true));
        Ok(Self {
            role: text(0).unwrap_or_default(),
            is_superuser: truth(1),
            database: text(2).unwrap_or_default(),
            database_owner: text(3).unwrap_or_default(),
            may_create: truth(4),
            schema_owner: text(5),
            may_own: truth(6),
            version: text(7).and_then(|comment| comment.strip_prefix(layout::COMMENT)?.parse().ok()),
            stranger: text(8),
            has_legacy: truth(9),
        })
    }

    pub(super) fn verdict(&self) -> Verdict {
        let current = layout::current();
        if self.schema_owner.is_none() {
            return if self.may_create { Verdict::Missing } else { Verdict::Denied };
        }
        if self.stranger.is_some() {
            return if self.is_superuser { Verdict::Old } else { Verdict::Untrusted };
        }
        match self.version {
            Some(version) if version > current => Verdict::Newer,
            Some(version) if version == current && !self.has_legacy => Verdict::Ready,
            Some(version) if version == current => Verdict::Old,
            _ if self.may_own => Verdict::Old,
            _ => Verdict::Denied,
        }
    }
}
