//! A Rust function that templates call, with all its arguments as they come.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error, State};

type Body = fn(&mut State<'_, '_>, &[Value]) -> Result<Value, Error>;

/// A named function.
pub(super) struct Function {
    name: &'static str,
    body: Body,
}

pub(crate) fn function(name: &'static str, body: Body) -> Value {
    Value::from_object(Function { name, body })
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<function {}>", self.name)
    }
}

impl Object for Function {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        (self.body)(state, args)
    }
}
