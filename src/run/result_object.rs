//! A run result in `results`: fields read as attributes, and `to_dict()`.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::jinja::python::from_json;
use crate::jinja::{Enumerator, Error, Object, State, Value};

/// dbt's result objects have attributes and `to_dict()`; ours are mappings with that method besides.
pub(super) fn value(fields: Json) -> Value {
    Value::from_object(ResultObject { fields })
}

#[derive(Debug)]
struct ResultObject {
    fields: Json,
}

impl Object for ResultObject {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let key = key.as_str()?;
        let field = self.fields.get(key)?;
        Some(match key {
            "node" if field.is_object() => value(field.clone()),
            "config" if field.is_object() => Value::from_object(NodeConfig { config: from_json(field) }),
            _ => from_json(field),
        })
    }

    /// Python: an object without a length is true.
    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "to_dict" => Ok(from_json(&self.fields)),
            "get" => {
                let key = args.first().cloned().unwrap_or_default();
                let default = args.get(1).cloned().unwrap_or_else(|| Value::from(()));
                Ok(self.get_value(&key).unwrap_or(default))
            }
            _ => crate::jinja::python::call_method(state, &from_json(&self.fields), method, args),
        }
    }
}

/// The config of a result's node. dbt: a key that it does not have is none there, not undefined.
#[derive(Debug)]
struct NodeConfig {
    config: Value,
}

impl Object for NodeConfig {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let hyphenated = || self.config.get_item(&Value::from(key.as_str()?.replace('_', "-"))).ok();
        let found = self.config.get_item(key).ok().filter(|value| !value.is_undefined());
        let found = found.or_else(|| hyphenated().filter(|value| !value.is_undefined()));
        Some(found.unwrap_or_else(|| Value::from(())))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match self.config.try_iter() {
            Ok(keys) => Enumerator::Values(keys.collect()),
            Err(_) => Enumerator::Empty,
        }
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "to_dict" => Ok(self.config.clone()),
            _ => crate::jinja::python::call_method(state, &self.config, method, args),
        }
    }
}
