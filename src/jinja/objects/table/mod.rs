//! agate's `Table`: what `run_query`, `load_result` and `load_agate_table` hand to templates.

mod cells;
mod column;
mod infer;
mod print;
mod reshape;
mod row;
mod sequence;

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use minijinja::{Error, State};

pub(super) use column::TableColumn;
pub(crate) use infer::DataType;
pub(super) use row::Row;

use crate::adapter::ResultSet;
use crate::jinja::python::{bind, given, tuple, unknown_method};
use crate::jinja::{Message, Scope};
use sequence::{Columns, Rows};

pub(super) type Names = Arc<[Arc<str>]>;

/// A typed, immutable table; cheap to clone.
#[derive(Clone)]
pub(crate) struct Table(Arc<Contents>);

pub(super) struct Contents {
    pub(super) names: Names,
    pub(super) types: Vec<DataType>,
    pub(super) rows: Vec<Row>,
}

impl Table {
    /// The table of a query's result, with the types that agate would give its columns.
    pub(crate) fn from_result_set(result: &ResultSet) -> Self {
        let names: Names = result.columns.iter().map(|column| Arc::from(column.name.as_str())).collect();
        let types: Vec<DataType> = (0..names.len()).map(|at| cells::column_type(&result.rows, at)).collect();
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

    pub(super) fn new(names: Names, types: Vec<DataType>, rows: impl Iterator<Item = Vec<Value>>) -> Self {
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

    pub(crate) fn column_types(&self) -> &[DataType] {
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

    fn print(&self, state: &State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let slots = bind(
            "print_table",
            args,
            ["max_rows", "max_columns", "output", "max_column_width", "locale", "max_precision"],
        )?;
        let limit = |slot: &Option<Value>, default: usize| match slot {
            None => Some(default),
            Some(limit) => limit.as_usize(),
        };
        let limits = PrintLimits {
            rows: limit(&slots[0], 20),
            columns: limit(&slots[1], 6),
            column_width: limit(&slots[3], 20),
            precision: limit(&slots[5], 3),
        };
        emit(state, self.to_markdown(limits).trim_end())
    }
}

/// How much of a table is printed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PrintLimits {
    pub rows: Option<usize>,
    pub columns: Option<usize>,
    pub column_width: Option<usize>,
    pub precision: Option<usize>,
}

impl Default for PrintLimits {
    /// agate's own.
    fn default() -> Self {
        Self { rows: Some(20), columns: Some(6), column_width: Some(20), precision: Some(3) }
    }
}

fn emit(state: &State<'_, '_>, text: &str) -> Result<Value, Error> {
    Scope::of(state)?.context().emit(Message::Print(text.to_owned()));
    Ok(Value::from(()))
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

impl Object for Table {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str() {
            Some(name) => self.get_value_by_str(name),
            None => self.0.rows.get(key.as_usize()?).map(Row::to_value),
        }
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        Some(match key {
            "columns" => Value::from_object(Columns(Self::clone(self))),
            "rows" => Value::from_object(Rows(Self::clone(self))),
            "column_names" => tuple(self.column_names().map(Value::from).collect()),
            "column_types" => {
                tuple(self.0.types.iter().map(|data_type| Value::from_object(*data_type)).collect())
            }
            "row_names" => Value::from(()),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.rows.len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "print_table" => self.print(state, args),
            "print_csv" => emit(state, print::csv(&self.0).trim_end()),
            "print_json" => emit(state, &print::json(&self.0)),
            "print_structure" => emit(state, print::structure(&self.0).trim_end()),
            "select" | "exclude" | "rename" | "limit" | "order_by" | "distinct" | "where" | "find" => {
                reshape::call(self, state, method, args)
            }
            _ => Err(unknown_method("Table", method)),
        }
    }
}

/// A keyword or positional argument that is neither missing nor none.
fn argument(value: Option<Value>) -> Option<Value> {
    value.filter(given)
}

#[cfg(test)]
pub(super) mod tests;
