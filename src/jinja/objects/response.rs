//! dbt's `AdapterResponse`: what a statement answered.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value};

use crate::adapter::Response;

/// Prints as its message; `code` and `rows_affected` can be read.
pub struct ResponseObject(Response);

impl ResponseObject {
    pub fn value(response: &Response) -> Value {
        Value::from_object(Self(response.clone()))
    }
}

impl fmt::Debug for ResponseObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Response { message, code, rows_affected, .. } = &self.0;
        write!(f, "AdapterResponse(_message='{message}', code='{code}', rows_affected={rows_affected})")
    }
}

impl Object for ResponseObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "message" | "_message" => Some(Value::from(self.0.message.as_str())),
            "code" => Some(Value::from(self.0.code.as_str())),
            "rows_affected" => Some(Value::from(self.0.rows_affected)),
            _ => None,
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}
