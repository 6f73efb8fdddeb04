//! `render`: a text that a template made, in the same context.

use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, State, Value};

use crate::diagnostic::SourceText;
use crate::jinja::python::{bind_required, raise, to_str};
use crate::jinja::{Scope, render};

#[derive(Debug)]
pub(super) struct Render;

impl Object for Render {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let [text] = bind_required("render", args, ["string"], 1)?;
        let source = SourceText::new("render", to_str(&text));
        let scope = Scope::of(state)?;
        render(&source, || scope.root_of_nested()).map(Value::from).map_err(raise)
    }
}
