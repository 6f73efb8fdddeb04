//! A run result in `results`: fields read as attributes, and `to_dict()`.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::jinja::python::from_json;
use crate::jinja::{Error, Object, State, Value};

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
        Some(if key == "node" && field.is_object() { value(field.clone()) } else { from_json(field) })
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
