//! A row of a table: values by place or by the column's name.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use minijinja::{Error, State};

use super::named::{Named, sample};
use crate::jinja::python::tuple;

pub(crate) type Names = Arc<[Arc<str>]>;

/// A row; cheap to clone.
#[derive(Clone)]
pub(crate) struct Row(Arc<RowData>);

struct RowData {
    names: Names,
    values: Vec<Value>,
}

impl Row {
    pub(super) fn new(names: &Names, mut values: Vec<Value>) -> Self {
        values.resize(names.len(), Value::from(()));
        Self(Arc::new(RowData { names: Arc::clone(names), values }))
    }

    pub(crate) fn values(&self) -> &[Value] {
        &self.0.values
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        let at = self.0.names.iter().position(|known| &**known == name)?;
        self.0.values.get(at)
    }

    pub(crate) fn to_value(&self) -> Value {
        Value::from_object(self.clone())
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<agate.Row: {}>", sample(&self.0.values))
    }
}

impl Object for Row {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str() {
            Some(name) => self.get(name).cloned(),
            None => self.0.values.get(key.as_usize()?).cloned(),
        }
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.get(key).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.values.len())
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
        let values = || self.0.values.clone();
        let keys = || Some(self.0.names.iter().map(|name| Value::from(&**name)).collect());
        Named { class: "Row", values: &values, keys: &keys }.call(method, args, tuple)
    }
}
