//! Rows that one server's query gives go into a table of another, as they are on the wire.

use crate::diagnostic::{Diagnostic, Result};

use super::{Begin, Cell, Response, WorkerSession, quote_literal};

/// A column of a query, with its type as any server of PostgreSQL writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub name: String,
    pub data_type: String,
}

/// The columns of a query, which is not run. A domain is its base type by then.
pub(crate) fn columns_of_query(site: &WorkerSession, query: &str) -> Result<Vec<Column>> {
    let described = site.with(|connection| connection.describe(query))?;
    if described.is_empty() {
        return Ok(Vec::new());
    }
    let types: Vec<String> = described
        .iter()
        .map(|column| format!("({}::oid, {})", column.type_oid, column.type_modifier))
        .collect();
    let sql = format!(
        "select pg_catalog.format_type(asked.oid, asked.modifier) from (values {}) as asked(oid, modifier)",
        types.join(", ")
    );
    let (_, rows) = site.introspect(&sql)?;
    let names = rows.unwrap_or_default().rows.into_iter().map(|row| match row.into_iter().next() {
        Some(Cell::Text(name)) => name,
        _ => "unknown".to_owned(),
    });
    let columns = described.into_iter().zip(names);
    Ok(columns.map(|(column, data_type)| Column { name: column.name, data_type }).collect())
}

/// The columns whose types the other database does not have.
pub(crate) fn missing_types(home: &WorkerSession, columns: &[Column]) -> Result<Vec<Column>> {
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<String> =
        columns.iter().map(|column| format!("({})", quote_literal(&column.data_type))).collect();
    let sql = format!(
        "select asked.name, pg_catalog.to_regtype(asked.name) is null from (values {}) as asked(name)",
        names.join(", ")
    );
    let (_, rows) = home.introspect(&sql)?;
    let missing = rows.unwrap_or_default().rows.into_iter().zip(columns);
    Ok(missing
        .filter(|(row, _)| row.get(1) == Some(&Cell::Bool(true)))
        .map(|(_, column)| column.clone())
        .collect())
}

/// Streams the rows of a query: `copy` is a `copy .. from stdin (format binary)` at the other end. Its answer.
pub(crate) fn transfer(
    site: &WorkerSession,
    query: &str,
    home: &WorkerSession,
    copy: &str,
) -> Result<Response> {
    let out = format!("copy (\n{query}\n) to stdout (format binary)");
    site.watched(
        &out,
        |site| {
            site.copy_out(&out)?;
            let mut sent = None;
            let mut fill = |piece: &mut Vec<u8>| {
                sent = site.copied(&out, piece)?;
                Ok(sent.is_none())
            };
            let done = home.watched(copy, |home| home.copy_in(copy, Begin::Auto, &mut fill), Response::clone);
            site.leave_copy();
            let received = done?;
            let expected = sent.map_or(-1, |response: Response| response.rows_affected);
            if received.rows_affected != expected {
                let message = format!("{expected} rows were sent, {} have arrived", received.rows_affected);
                return Err(Diagnostic::database("rows-lost", message).boxed());
            }
            Ok(received)
        },
        Response::clone,
    )
}
