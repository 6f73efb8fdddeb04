//! Rows of a catalog query, read cell by cell.

use crate::diagnostic::Result;

use super::super::{Cell, Connection, ResultSet};

/// A text array for a bound parameter: `any($1::text[])`.
pub(super) fn array_parameter<S: AsRef<str>>(values: &[S]) -> String {
    let quoted: Vec<String> = values
        .iter()
        .map(|value| format!("\"{}\"", value.as_ref().replace('\\', "\\\\").replace('"', "\\\"")))
        .collect();
    format!("{{{}}}", quoted.join(","))
}

/// Reads rows one by one through a cursor over their cells.
pub(super) fn read<T>(
    connection: &mut Connection,
    sql: &str,
    parameters: &[&str],
    mut row: impl FnMut(&mut Cells) -> T,
) -> Result<Vec<T>> {
    let ResultSet { rows, .. } = connection.query(sql, parameters)?;
    Ok(rows.into_iter().map(|cells| row(&mut Cells(cells.into_iter()))).collect())
}

/// The cells of one row, taken in the order of the query's columns.
pub(super) struct Cells(std::vec::IntoIter<Cell>);

impl Cells {
    pub(super) fn text(&mut self) -> String {
        self.optional_text().unwrap_or_default()
    }

    pub(super) fn optional_text(&mut self) -> Option<String> {
        match self.0.next() {
            Some(Cell::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(super) fn optional_number(&mut self) -> Option<i64> {
        match self.0.next() {
            Some(Cell::Int(number)) => Some(number),
            _ => None,
        }
    }

    pub(super) fn number(&mut self) -> i64 {
        self.optional_number().unwrap_or_default()
    }

    pub(super) fn flag(&mut self) -> bool {
        matches!(self.0.next(), Some(Cell::Bool(true)))
    }
}
