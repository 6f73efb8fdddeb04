//! Numbers of tables.

use minijinja::Value;

use crate::jinja::python::Decimal;

/// agate's numbers are decimals; what is none (`NaN`, `Infinity`) stays a float.
pub(super) fn number(text: &str) -> Value {
    match text.parse::<Decimal>() {
        Ok(decimal) => Value::from_object(decimal),
        Err(()) => Value::from(text.parse::<f64>().unwrap_or(f64::NAN)),
    }
}
