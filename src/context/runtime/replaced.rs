//! What a unit test puts in place of a macro or a variable.

use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, State, Value};

use crate::jinja::python::to_str;

/// What a unit test puts in place of a macro or a variable: called or printed, it is the value.
#[derive(Debug)]
pub(super) struct Replaced(pub(super) Value);

impl Object for Replaced {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
        Ok(self.0.clone())
    }

    fn is_true(self: &Arc<Self>) -> bool {
        self.0.is_true()
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&to_str(&self.0))
    }
}
