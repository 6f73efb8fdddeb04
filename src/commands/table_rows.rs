//! Whether a table has rows, or had them and gave them on.

use crate::adapter::{Cell, Connection, quote_identifier};
use crate::diagnostic::Result;
use crate::manifest::Node;

/// Also of a log from which another model has consumed them all.
pub(super) fn has_rows(home: &mut Connection, node: &Node) -> Result<bool> {
    let [schema, name] = [&node.schema, &node.alias].map(|name| quote_identifier(name));
    let is_there = "select pg_catalog.to_regclass($1::text) is not null";
    let found = |rows: Vec<Vec<Cell>>| rows.first().and_then(|row| row.first()) == Some(&Cell::Bool(true));
    let relation = format!("{schema}.{name}");
    if !found(home.query(is_there, &[&relation])?.rows) {
        return Ok(false);
    }
    if found(home.query(&format!("select exists (select from {relation})"), &[])?.rows) {
        return Ok(true);
    }
    let is_log = "select exists (select from rsdbt.logs where log_schema = $1::text and log_name = $2::text)";
    // what a role may not read says nothing
    let remembers = "select case when exists (select from pg_catalog.pg_namespace where nspname = 'rsdbt' and pg_catalog.has_schema_privilege(oid, 'USAGE')) \
         then coalesce(pg_catalog.has_table_privilege(pg_catalog.to_regclass('rsdbt.logs')::pg_catalog.oid, 'SELECT'), false) else false end";
    Ok(found(home.query(remembers, &[])?.rows)
        && found(home.query(is_log, &[&node.schema, &node.alias])?.rows))
}
