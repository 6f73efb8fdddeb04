//! `builtins.ref.config`: what packages read of dbt's own configuration.

use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};
use serde_json::Value as Json;

use crate::jinja::python::from_json;

#[derive(Debug)]
pub(crate) struct RuntimeConfig(pub(crate) Json);

impl RuntimeConfig {
    pub(crate) fn into_value(self) -> Value {
        Value::from_object(self)
    }
}

impl Object for RuntimeConfig {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        let value = self.0.get(name)?;
        Some(if name == "vars" { Value::from_object(Vars(value.clone())) } else { from_json(value) })
    }
}

/// The `vars:` of the project: an object with `vars` and `to_dict()` there, and true even where it is empty.
#[derive(Debug)]
struct Vars(Json);

impl Object for Vars {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str()? == "vars").then(|| from_json(&self.0))
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        _: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "to_dict" => Ok(from_json(&self.0)),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}
