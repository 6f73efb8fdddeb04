//! Grants, indexes and constraints of a relation.

use crate::diagnostic::Result;

use super::super::Connection;
use super::read;

/// A privilege that a role other than the owner holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub grantee: String,
    /// Lower case, as in `select`.
    pub privilege: String,
}

pub fn grants(connection: &mut Connection, schema: &str, name: &str) -> Result<Vec<Grant>> {
    let sql =
        "select case a.grantee when 0 then 'PUBLIC' else pg_catalog.pg_get_userbyid(a.grantee)::text end,
            lower(a.privilege_type)
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        cross join lateral aclexplode(c.relacl) a
        where n.nspname = $1::text and c.relname = $2::text and a.grantee <> c.relowner
        order by 1, 2";
    read(connection, sql, &[schema, name], |row| Grant { grantee: row.text(), privilege: row.text() })
}

/// An index with the statement that makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexInfo {
    pub name: String,
    pub unique: bool,
    /// It belongs to a constraint, so it cannot be dropped alone.
    pub constraint: bool,
    pub method: String,
    /// Column names and expressions in order.
    pub columns: Vec<String>,
    pub definition: String,
}

pub fn indexes(connection: &mut Connection, schema: &str, name: &str) -> Result<Vec<IndexInfo>> {
    let sql = "select i.relname::text, x.indisunique,
            exists (select from pg_catalog.pg_constraint k where k.conindid = i.oid and k.conrelid = c.oid),
            m.amname::text,
            array(select pg_catalog.pg_get_indexdef(i.oid, place, true)
                from generate_series(1, x.indnkeyatts) place order by place),
            pg_catalog.pg_get_indexdef(i.oid)
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        join pg_catalog.pg_index x on x.indrelid = c.oid
        join pg_catalog.pg_class i on i.oid = x.indexrelid
        join pg_catalog.pg_am m on m.oid = i.relam
        where n.nspname = $1::text and c.relname = $2::text
        order by 1";
    read(connection, sql, &[schema, name], |row| IndexInfo {
        name: row.text(),
        unique: row.flag(),
        constraint: row.flag(),
        method: row.text(),
        columns: row.texts(),
        definition: row.text(),
    })
}

/// A constraint with its clause, as in `CHECK ((amount > 0))`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConstraintInfo {
    pub name: String,
    pub kind: String,
    pub definition: String,
    pub validated: bool,
}

pub fn constraints(connection: &mut Connection, schema: &str, name: &str) -> Result<Vec<ConstraintInfo>> {
    let sql = "select k.conname::text,
            case k.contype when 'c' then 'check' when 'f' then 'foreign_key' when 'p' then 'primary_key'
                when 'u' then 'unique' when 'n' then 'not_null' else k.contype::text end,
            pg_catalog.pg_get_constraintdef(k.oid), k.convalidated
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        join pg_catalog.pg_constraint k on k.conrelid = c.oid
        where n.nspname = $1::text and c.relname = $2::text
        order by 1";
    read(connection, sql, &[schema, name], |row| ConstraintInfo {
        name: row.text(),
        kind: row.text(),
        definition: row.text(),
        validated: row.flag(),
    })
}
