//! `config(...)` while parsing: it records its arguments, and `config.get` answers with nothing.

use std::fmt;
use std::sync::{Arc, Mutex};

use minijinja::value::{Kwargs, Object, ObjectRepr, ValueKind};
use minijinja::{Error, ErrorKind, State, Value};
use serde_json::{Map, Value as Json};

use super::{Recorded, lock};
use crate::config::node_config::merge_calls;
use crate::diagnostic::Diagnostic;
use crate::jinja::python;

pub(super) struct ConfigRecorder {
    recorded: Arc<Mutex<Recorded>>,
}

impl ConfigRecorder {
    pub(super) fn new(recorded: Arc<Mutex<Recorded>>) -> Self {
        Self { recorded }
    }

    fn record(&self, options: &Map<String, Json>) -> Result<Value, Error> {
        for (wrong, right) in [("pre_hook", "pre-hook"), ("post_hook", "post-hook")] {
            if options.contains_key(wrong) && options.contains_key(right) {
                return Err(python::raise(Diagnostic::compilation(
                    "conflicting-config-keys",
                    format!("Invalid config, has conflicting keys \"{wrong}\" and \"{right}\""),
                )));
            }
        }
        merge_calls(&mut lock(&self.recorded).config, options).map_err(python::raise)?;
        Ok(Value::from(""))
    }
}

impl fmt::Debug for ConfigRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("config")
    }
}

impl Object for ConfigRecorder {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let options = match args {
            [] => Map::new(),
            [one] if one.is_kwargs() => keywords(one)?,
            [one] => match python::to_json(one) {
                Json::Object(map) => map,
                _ => return Err(invalid_call()),
            },
            _ => return Err(invalid_call()),
        };
        self.record(&options)
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "get" | "require" | "meta_get" | "meta_require" => Ok(Value::from("")),
            "persist_relation_docs" | "persist_column_docs" => Ok(Value::from(false)),
            "set" => match args {
                [name, value] => {
                    let name = name.as_str().map(str::to_owned).ok_or_else(invalid_call)?;
                    refuse_undefined(&name, value)?;
                    self.record(&Map::from_iter([(name, python::to_json(value))]))
                }
                _ => Err(invalid_call()),
            },
            _ => Err(Error::new(ErrorKind::UnknownMethod, format!("config has no method named {method}"))),
        }
    }
}

fn keywords(value: &Value) -> Result<Map<String, Json>, Error> {
    let keywords = Kwargs::try_from(value.clone())?;
    let names: Vec<String> = keywords.args().map(str::to_owned).collect();
    names
        .into_iter()
        .map(|name| {
            let value: Value = keywords.get(&name)?;
            refuse_undefined(&name, &value)?;
            Ok((name, python::to_json(&value)))
        })
        .collect()
}

/// A name without quotes is a variable: what it was meant for would be left out in silence.
fn refuse_undefined(key: &str, value: &Value) -> Result<(), Error> {
    if !holds_undefined(value) {
        return Ok(());
    }
    let message = format!("at path ['{key}']: Undefined is not a value");
    Err(python::raise(Diagnostic::parsing("undefined-config", message).help(format!(
        "put quotes around a name, as in `{key}='name'`, or read a variable by `var('name')`"
    ))))
}

fn holds_undefined(value: &Value) -> bool {
    let any = || value.try_iter().is_ok_and(|mut items| items.any(|item| holds_undefined(&item)));
    match value.kind() {
        ValueKind::Undefined => true,
        ValueKind::Seq => any(),
        ValueKind::Map => value.try_iter().is_ok_and(|mut keys| {
            keys.any(|key| value.get_item(&key).is_ok_and(|item| holds_undefined(&item)))
        }),
        _ => false,
    }
}

fn invalid_call() -> Error {
    python::raise(
        Diagnostic::compilation("inline-config", "Invalid inline model config")
            .help("write `{{ config(materialized='table') }}`, or give one mapping"),
    )
}
