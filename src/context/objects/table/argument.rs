//! Arguments of a table's methods.

use minijinja::Value;

use crate::jinja::python::given;

/// A keyword or positional argument that is neither missing nor none.
pub(super) fn argument(value: Option<Value>) -> Option<Value> {
    value.filter(given)
}
