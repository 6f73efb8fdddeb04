//! What `metric('x')` gives: it prints as the metric's name, and while a node runs it has the fields of the metric.

use std::fmt;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Object, ObjectRepr};
use serde_json::Value as Json;

use crate::jinja::python::from_json;

/// The value.
#[derive(Debug)]
pub(crate) struct MetricReference {
    pub name: String,
    pub package: Option<String>,
    /// The metric as manifest.json has it; null while parsing.
    pub fields: Json,
}

impl MetricReference {
    pub(crate) fn into_value(self) -> Value {
        Value::from_object(self)
    }
}

impl Object for MetricReference {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "metric_name" => Some(Value::from(self.name.as_str())),
            "package_name" => Some(self.package.as_deref().map_or(Value::from(()), Value::from)),
            field => self.fields.get(field).map(from_json),
        }
    }
}
