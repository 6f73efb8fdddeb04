//! An attribute of what a macro hands over, as text.

use minijinja::Value;

use crate::jinja::python::to_str;

pub(super) fn attribute(value: &Value, name: &str) -> String {
    to_str(&value.get_attr(name).unwrap_or_default())
}
