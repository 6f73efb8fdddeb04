//! agate's `Table`: what it holds and how it is made.

use std::fmt;
use std::sync::Arc;

use minijinja::value::Value;

use super::{CellType, Contents, Names, PrintLimits, Row, cells, print};
use crate::adapter::ResultSet;

/// A typed, immutable table; cheap to clone.
#[derive(Clone)]
pub(crate) struct Table(Arc<Contents>);

impl Table {
    /// The table of a query's result, with the types that agate would give its columns.
    pub(crate) fn from_result_set(result: &ResultSet) -> Self {
        let names: Names = result.columns.iter().map(|column| Arc::from(column.name.as_str())).collect();
        let types: Vec<CellType> = (0..names.len()).map(|at| cells::column_type(&result.rows, at)).collect();
        let rows = result.rows.iter().map(|row| {
            let values = row.iter().zip(&types).map(|(cell, data_type)| cells::value(cell, *data_type));
            values.collect()
        });
        Self::new(Arc::clone(&names), types.clone(), rows)
    }

    /// A table without columns, as statements that return nothing leave it.
    pub(crate) fn empty() -> Self {
        Self::new(Arc::from([]), Vec::new(), std::iter::empty())
    }

    pub(super) fn new(names: Names, types: Vec<CellType>, rows: impl Iterator<Item = Vec<Value>>) -> Self {
        let rows = rows.map(|values| Row::new(&names, values)).collect();
        Self(Arc::new(Contents { names, types, rows }))
    }

    pub(super) fn from_contents(contents: Contents) -> Self {
        Self(Arc::new(contents))
    }

    pub(super) fn contents(&self) -> &Arc<Contents> {
        &self.0
    }

    pub(crate) fn column_names(&self) -> impl Iterator<Item = &str> {
        self.0.names.iter().map(|name| &**name)
    }

    pub(crate) fn column_types(&self) -> &[CellType] {
        &self.0.types
    }

    pub(crate) fn len(&self) -> usize {
        self.0.rows.len()
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.0.rows
    }

    /// The most decimal places of a number column: seeds make it `integer` when there are none.
    pub(crate) fn max_precision(&self, column: usize) -> usize {
        print::max_precision(self.0.rows.iter().filter_map(|row| row.values().get(column)))
    }

    /// As a template sees it.
    pub(crate) fn to_value(&self) -> Value {
        Value::from_object(self.clone())
    }

    /// The table that a template handed over.
    pub(crate) fn from_value(value: &Value) -> Option<Self> {
        value.downcast_object_ref::<Self>().cloned()
    }

    /// The table as GitHub Markdown; `None` means no limit.
    pub(crate) fn to_markdown(&self, limits: PrintLimits) -> String {
        print::markdown(&self.0, &limits)
    }

    /// Column position by index or name.
    pub(super) fn column_index(&self, key: &Value) -> Option<usize> {
        match key.as_str() {
            Some(name) => self.0.names.iter().position(|known| &**known == name),
            None => key.as_usize().filter(|&at| at < self.0.names.len()),
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&print::structure(&self.0))
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<agate.Table: {} rows, {} columns>", self.0.rows.len(), self.0.names.len())
    }
}
