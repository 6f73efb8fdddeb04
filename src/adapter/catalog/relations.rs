//! Which relations exist, foreign and partitioned tables included.

use crate::diagnostic::Result;

use super::super::Connection;
use super::untrusted::trusted_owner;
use super::{Cells, array_parameter, read};

/// A relation as dbt types it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum RelationKind {
    /// Ordinary and partitioned tables.
    Table,
    View,
    MaterializedView,
    /// A foreign table; dbt's word for tables that live elsewhere is `external`.
    External,
}

impl RelationKind {
    /// As messages have it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::View => "view",
            Self::MaterializedView => "materialized view",
            Self::External => "foreign table",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "table" => Self::Table,
            "view" => Self::View,
            "materialized_view" => Self::MaterializedView,
            "external" => Self::External,
            _ => return None,
        })
    }

    fn from_relkind(relkind: &str) -> Self {
        match relkind {
            "v" => Self::View,
            "m" => Self::MaterializedView,
            "f" => Self::External,
            _ => Self::Table,
        }
    }
}

/// A relation that the server has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RelationInfo {
    pub oid: u32,
    pub schema: String,
    pub name: String,
    pub kind: RelationKind,
    /// Neither its owner nor those of its partitions and parents can run code as this role by what hangs on it.
    pub trusted: bool,
}

/// All relations of the schemas, by one query.
pub(crate) fn relations<S: AsRef<str>>(
    connection: &mut Connection,
    schemas: &[S],
) -> Result<Vec<RelationInfo>> {
    let sql = concat!(
        "with relation as materialized (
            select c.oid, n.nspname, c.relname, c.relkind, c.relowner, n.nspowner,
                c.relkind <> 'v' and (c.relhassubclass or c.oid in (select inhrelid from pg_catalog.pg_inherits)) as has_relatives
            from pg_catalog.pg_namespace n
            join pg_catalog.pg_class c on c.relnamespace = n.oid
            where n.nspname = any($1::pg_catalog.text[]) and c.relkind in ('r', 'p', 'v', 'm', 'f')
        ),
        trusted as materialized (
            select owner.oid, n.nspowner
            from (select distinct relowner, nspowner from relation) n
            join pg_catalog.pg_roles owner on owner.oid = n.relowner
            join pg_catalog.pg_database d on d.datname = pg_catalog.current_database()
            where ",
        trusted_owner!(),
        ")
        select r.oid, r.nspname::text, r.relname::text, r.relkind::text, t.oid is not null and not r.has_relatives
        from relation r
        left join trusted t on t.oid = r.relowner and t.nspowner = r.nspowner
        order by 2, 3"
    );
    read(connection, sql, &[&array_parameter(schemas)], |row| RelationInfo {
        oid: u32::try_from(row.number()).unwrap_or_default(),
        schema: row.text(),
        name: row.text(),
        kind: RelationKind::from_relkind(&row.text()),
        trusted: row.flag(),
    })
}

/// Pairs of (referenced, dependent view) among the schemas' relations and whatever reads them.
pub(crate) fn links<S: AsRef<str>>(connection: &mut Connection, schemas: &[S]) -> Result<Vec<(u32, u32)>> {
    let sql = "select distinct d.refobjid, r.ev_class
        from pg_catalog.pg_namespace n
        join pg_catalog.pg_class c on c.relnamespace = n.oid
        join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid and d.refobjid = c.oid
            and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass::pg_catalog.oid and d.deptype = 'n'
        join pg_catalog.pg_rewrite r on r.oid = d.objid and r.ev_class <> c.oid
        where n.nspname = any($1::pg_catalog.text[]) and c.relkind in ('r', 'p', 'v', 'm', 'f')";
    let oid = |number: i64| u32::try_from(number).unwrap_or_default();
    read(connection, sql, &[&array_parameter(schemas)], |row| (oid(row.number()), oid(row.number())))
}

/// The names of all schemas.
pub(crate) fn existing_schemas(connection: &mut Connection) -> Result<Vec<String>> {
    read(
        connection,
        "select nspname::pg_catalog.text from pg_catalog.pg_namespace order by 1",
        &[],
        Cells::text,
    )
}
