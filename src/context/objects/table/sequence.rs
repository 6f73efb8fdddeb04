//! agate's `MappedSequence`: the sequences of rows and columns, and what all its kinds can do.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use minijinja::{Error, State};

use super::named::{Named, sample};
use super::{Row, Table, TableColumn};
use crate::jinja::python::tuple;

/// `table.rows`
pub(super) struct Rows(pub(super) Table);

/// `table.columns`
pub(super) struct Columns(pub(super) Table);

impl Rows {
    fn values(&self) -> Vec<Value> {
        self.0.rows().iter().map(Row::to_value).collect()
    }
}

impl Columns {
    fn values(&self) -> Vec<Value> {
        let count = self.0.contents().names.len();
        (0..count).map(|at| Value::from_object(TableColumn::new(&self.0, at))).collect()
    }

    fn keys(&self) -> Vec<Value> {
        self.0.column_names().map(Value::from).collect()
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<agate.MappedSequence: {}>", sample(&self.values()))
    }
}

impl fmt::Debug for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<agate.MappedSequence: {}>", sample(&self.values()))
    }
}

impl Object for Rows {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.rows().get(key.as_usize()?).map(Row::to_value)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        Named { class: "MappedSequence", values: &|| self.values(), keys: &|| None }.call(method, args, tuple)
    }
}

impl Object for Columns {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let at = self.0.column_index(key)?;
        Some(Value::from_object(TableColumn::new(&self.0, at)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.contents().names.len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        Named { class: "MappedSequence", values: &|| self.values(), keys: &|| Some(self.keys()) }
            .call(method, args, tuple)
    }
}
