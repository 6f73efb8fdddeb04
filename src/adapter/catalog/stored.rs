//! What the server stores of a table: rows, bytes, indexes and constraints, for its page.

use serde_json::Value as Json;

use super::super::Connection;
use super::{array_parameter, read};
use crate::diagnostic::Result;

const QUERY: &str = include_str!("stored.sql");

/// A table, and what is known of it as JSON.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StoredTable {
    pub schema: String,
    pub name: String,
    pub facts: Json,
}

/// Of those relations `(schema, name)` that hold rows; their names match in any letter case, as the catalog's do.
pub(crate) fn stored(
    connection: &mut Connection,
    relations: &[(String, String)],
) -> Result<Vec<StoredTable>> {
    let lower = |texts: Vec<&String>| -> String {
        array_parameter(&texts.iter().map(|text| text.to_lowercase()).collect::<Vec<_>>())
    };
    let schemas = lower(relations.iter().map(|(schema, _)| schema).collect());
    let names = lower(relations.iter().map(|(_, name)| name).collect());
    read(connection, QUERY, &[&schemas, &names], |row| StoredTable {
        schema: row.text(),
        name: row.text(),
        facts: serde_json::from_str(&row.text()).unwrap_or_default(),
    })
}
