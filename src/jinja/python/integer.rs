//! Integers of all kinds.

use minijinja::Value;

pub(crate) fn as_int(value: &Value) -> Option<i128> {
    if value.is_integer() || matches!(value.kind(), minijinja::value::ValueKind::Bool) {
        i128::try_from(value.clone()).ok()
    } else {
        None
    }
}

pub(crate) fn int_value(number: i128) -> Value {
    i64::try_from(number).map_or_else(|_| Value::from(number), Value::from)
}
