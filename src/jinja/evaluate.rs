//! Templates are run: for their text, for the value that they leave, for what a macro returns.

use std::sync::Arc;

use minijinja::machinery::{eval, make_string_output};
use minijinja::{AutoEscape, Error, Value};

use crate::diagnostic::Result;

use super::compiled::Template;
use super::errors;
use super::python::to_str;
use super::returned::returned;
use super::scope::Scope;

/// Runs a template for its text, which is about as long as the `source`.
pub(super) fn render(template: &Template<'_>, scope: &Arc<Scope>, source: &str) -> Result<String> {
    let mut text = String::with_capacity(source.len());
    match evaluate(template, scope, &mut text) {
        Ok(_) => Ok(text),
        Err(error) => Err(errors::of_run(&error, template, scope)),
    }
}

/// Runs a template; an expression leaves its value.
pub(super) fn evaluate(
    template: &Template<'_>,
    scope: &Arc<Scope>,
    text: &mut String,
) -> Result<Option<Value>, Error> {
    let environment = scope.environment();
    let root = Value::from_dyn_object(Arc::clone(scope));
    let mut output = make_string_output(text);
    eval(environment, &template.instructions, root, &template.blocks, &mut output, AutoEscape::None)
        .map(|(value, _)| value)
}

/// As [`render`], where the text of a template may be what it returns.
pub(super) fn render_body(template: &Template<'_>, scope: &Arc<Scope>) -> Result<String> {
    run_body(template, scope).map(|value| to_str(&value))
}

/// Runs a macro's or closure's body: the value that it returns, else its text.
pub(super) fn run_body(body: &Template<'_>, scope: &Arc<Scope>) -> Result<Value> {
    let mut text = String::new();
    match evaluate(body, scope, &mut text) {
        Ok(_) => Ok(Value::from(text)),
        Err(error) => match returned(&error) {
            Some(value) => Ok(value),
            None => Err(errors::of_run(&error, body, scope)),
        },
    }
}
