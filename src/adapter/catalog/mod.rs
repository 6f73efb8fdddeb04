//! What the server knows about relations, read from `pg_catalog` into typed rows.
//!
//! `information_schema` is slow on large catalogs, hides what the role does not own, and does not know
//! materialized views; so nothing here reads it.

mod documentation;
mod relations;
mod untrusted;

#[cfg(test)]
pub(crate) use documentation::CatalogColumn;
pub(crate) use documentation::{CatalogTable, documentation};
pub(crate) use relations::{RelationInfo, RelationKind, existing_schemas, links, relations};
pub(crate) use untrusted::{UntrustedCode, Writes, is_trusted, is_writable, untrusted_code};

use crate::diagnostic::Result;

use super::{Cell, Connection, ResultSet};

/// A text array for a bound parameter: `any($1::text[])`.
fn array_parameter<S: AsRef<str>>(values: &[S]) -> String {
    let quoted: Vec<String> = values
        .iter()
        .map(|value| format!("\"{}\"", value.as_ref().replace('\\', "\\\\").replace('"', "\\\"")))
        .collect();
    format!("{{{}}}", quoted.join(","))
}

/// Reads rows one by one through a cursor over their cells.
fn read<T>(
    connection: &mut Connection,
    sql: &str,
    parameters: &[&str],
    mut row: impl FnMut(&mut Cells) -> T,
) -> Result<Vec<T>> {
    let ResultSet { rows, .. } = connection.query(sql, parameters)?;
    Ok(rows.into_iter().map(|cells| row(&mut Cells(cells.into_iter()))).collect())
}

/// The cells of one row, taken in the order of the query's columns.
struct Cells(std::vec::IntoIter<Cell>);

impl Cells {
    fn text(&mut self) -> String {
        self.optional_text().unwrap_or_default()
    }

    fn optional_text(&mut self) -> Option<String> {
        match self.0.next() {
            Some(Cell::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn optional_number(&mut self) -> Option<i64> {
        match self.0.next() {
            Some(Cell::Int(number)) => Some(number),
            _ => None,
        }
    }

    fn number(&mut self) -> i64 {
        self.optional_number().unwrap_or_default()
    }

    fn flag(&mut self) -> bool {
        matches!(self.0.next(), Some(Cell::Bool(true)))
    }
}

#[cfg(test)]
mod tests;
