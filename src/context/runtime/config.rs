//! The `config` object while a node runs: its resolved configs.

use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};
use serde_json::{Map, Value as Json};

use crate::diagnostic::Diagnostic;
use crate::jinja::python::{bind, from_json, raise};
use crate::manifest::Config;

/// `config(..)` does nothing by now; `config.get(..)` and its kin look up.
#[derive(Debug)]
pub(super) struct ConfigObject {
    config: Config,
    unique_id: String,
}

impl ConfigObject {
    pub(super) fn new(config: &Config, unique_id: &str) -> Self {
        Self { config: config.clone(), unique_id: unique_id.to_owned() }
    }

    /// Hooks are known by both spellings.
    fn lookup(&self, name: &str) -> Option<&Json> {
        self.config.get(name).or_else(|| match name {
            "pre_hook" => self.config.get("pre-hook"),
            "post_hook" => self.config.get("post-hook"),
            _ => None,
        })
    }

    fn meta(&self, name: &str) -> Option<&Json> {
        self.config.get("meta")?.get(name)
    }

    fn required(&self, name: &str, found: Option<&Json>) -> Result<Value, Error> {
        found.map(from_json).ok_or_else(|| {
            raise(Diagnostic::compilation(
                "missing-config",
                format!("Model '{}' does not define a required config parameter '{name}'.", self.unique_id),
            ))
        })
    }

    fn persists(&self, what: &str) -> Result<Value, Error> {
        let empty = Json::Object(Map::new());
        match self.lookup("persist_docs").unwrap_or(&empty) {
            Json::Object(docs) => Ok(docs.get(what).map_or_else(|| Value::from(false), from_json)),
            Json::Null => Ok(Value::from(false)),
            other => Err(raise(Diagnostic::compilation(
                "bad-persist-docs",
                format!("Invalid value provided for 'persist_docs'. Expected dict but received {other}"),
            ))),
        }
    }
}

/// A default is given back as it is; a value is checked by the validator when both are there.
fn validated(
    value: Value,
    validator: Option<Value>,
    check: bool,
    state: &mut State<'_, '_>,
) -> Result<Value, Error> {
    if let Some(validator) = validator.filter(|validator| check && !validator.is_none()) {
        validator.call(state, std::slice::from_ref(&value))?;
    }
    Ok(value)
}

impl Object for ConfigObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
        Ok(Value::from(""))
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let text = |value: &Option<Value>| value.as_ref().map(ToString::to_string).unwrap_or_default();
        match method {
            "get" | "meta_get" => {
                let [name, default, validator] = bind(method, args, ["name", "default", "validator"])?;
                let name = text(&name);
                let found = if method == "get" { self.lookup(&name) } else { self.meta(&name) };
                let check = default.is_some();
                let value = found.map_or_else(|| default.unwrap_or(Value::from(())), from_json);
                validated(value, validator, check, state)
            }
            "require" | "meta_require" => {
                let [name, validator] = bind(method, args, ["name", "validator"])?;
                let name = text(&name);
                let found = if method == "require" { self.lookup(&name) } else { self.meta(&name) };
                let value = self.required(&name, found)?;
                validated(value, validator, true, state)
            }
            "set" => Ok(Value::from("")),
            "persist_relation_docs" => self.persists("relation"),
            "persist_column_docs" => self.persists("columns"),
            _ => Err(Error::new(ErrorKind::UnknownMethod, format!("`config` has no method `{method}`"))),
        }
    }
}
