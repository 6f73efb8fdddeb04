//! agate's `MappedSequence`: the sequences of rows and columns, and what all its kinds can do.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use minijinja::{Error, State};

use super::{Row, Table, TableColumn};
use crate::jinja::python::{
    bind_required, dict, given, no_arguments, repr, tuple, unknown_method, value_error,
};

/// Values, and keys if they have any.
pub(super) struct Named<'a> {
    pub(super) class: &'a str,
    pub(super) values: &'a dyn Fn() -> Vec<Value>,
    pub(super) keys: &'a dyn Fn() -> Option<Vec<Value>>,
}

impl Named<'_> {
    pub(super) fn call(
        &self,
        method: &str,
        args: &[Value],
        sequence: impl FnOnce(Vec<Value>) -> Value,
    ) -> Result<Value, Error> {
        let pairs = || {
            let keys =
                (self.keys)().ok_or_else(|| value_error(format!("this {} has no keys", self.class)))?;
            Ok::<_, Error>(keys.into_iter().zip((self.values)()))
        };
        match method {
            "values" => no_arguments(method, args).map(|()| sequence((self.values)())),
            "keys" => {
                no_arguments(method, args)?;
                Ok((self.keys)().map_or(Value::from(()), tuple))
            }
            "items" => {
                no_arguments(method, args)?;
                Ok(tuple(pairs()?.map(|(key, value)| tuple(vec![key, value])).collect()))
            }
            "dict" => {
                no_arguments(method, args)?;
                Ok(dict(pairs()?))
            }
            "get" => {
                let [key, default] = bind_required(method, args, ["key", "default"], 1)?;
                let found = pairs()?.find(|(known, _)| *known == key).map(|(_, value)| value);
                let default = if given(&default) { default } else { Value::from(()) };
                Ok(found.unwrap_or(default))
            }
            "index" => {
                let [wanted] = bind_required(method, args, ["value"], 1)?;
                let at = (self.values)().iter().position(|value| *value == wanted);
                at.map(Value::from).ok_or_else(|| value_error("the value is not in the sequence"))
            }
            "count" => {
                let [wanted] = bind_required(method, args, ["value"], 1)?;
                Ok(Value::from((self.values)().iter().filter(|value| **value == wanted).count()))
            }
            _ => Err(unknown_method(self.class, method)),
        }
    }
}

/// The first five values, as agate prints its sequences.
pub(super) fn sample(values: &[Value]) -> String {
    let mut shown: Vec<String> = values.iter().take(5).map(repr).collect();
    if values.len() > 5 {
        shown.push("...".into());
    }
    format!("({})", shown.join(", "))
}

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
