//! The server's answer to a statement, as `load_result(..).response` and `adapter.execute(..)[0]`.

use std::fmt;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr};

use crate::adapter::Response;

/// dbt's `AdapterResponse`: prints as the command tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ResponseObject(pub Response);

impl ResponseObject {
    pub(super) fn to_value(&self) -> Value {
        Value::from_object(self.clone())
    }
}

impl Object for ResponseObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "_message" | "message" => Value::from(self.0.message.as_str()),
            "code" => Value::from(self.0.code.as_str()),
            "rows_affected" => Value::from(self.0.rows_affected),
            "query_id" => Value::from(()),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}
