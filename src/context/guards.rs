//! What guards a call or a value: `try_or_compiler_error` and `validation`.

use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use crate::diagnostic::Diagnostic;
use crate::jinja::python::{raise, to_str};

pub(super) fn guard(name: &str) -> Option<Value> {
    match name {
        "try_or_compiler_error" => Some(Value::from_object(Try)),
        "validation" => Some(Value::from_object(Validation)),
        _ => None,
    }
}

#[derive(Debug)]
struct Try;

impl Object for Try {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let [message, function, rest @ ..] = args else {
            return Err(Error::new(ErrorKind::MissingArgument, "a message and a function are needed"));
        };
        function
            .call(state, rest)
            .map_err(|_| raise(Diagnostic::compilation("raised-by-macro", to_str(message))))
    }
}

#[derive(Debug)]
struct Validation;

impl Object for Validation {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    /// `validation.any[..]` gives a validator.
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str() == Some("any")).then(|| Value::from_object(AnyOf))
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "any" => Ok(Value::from_object(OneOf(args.to_vec()))),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

/// `validation.any`: called or indexed with the allowed values.
#[derive(Debug)]
struct AnyOf;

impl Object for AnyOf {
    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        Ok(Value::from_object(OneOf(args.to_vec())))
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let allowed = key.try_iter().map_or_else(|_| vec![key.clone()], Iterator::collect);
        Some(Value::from_object(OneOf(allowed)))
    }
}

/// Checks that a value is one of the allowed ones; names of types are not checked.
#[derive(Debug)]
struct OneOf(Vec<Value>);

impl Object for OneOf {
    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let value = args.first().cloned().unwrap_or_default();
        if self.0.iter().any(|allowed| allowed.is_undefined() || *allowed == value) {
            return Ok(Value::from(()));
        }
        let allowed: Vec<String> = self.0.iter().map(to_str).collect();
        Err(raise(Diagnostic::new(
            "invalid-value",
            crate::diagnostic::Category::Validation,
            format!("Expected value \"{}\" to be one of {}", to_str(&value), allowed.join(",")),
        )))
    }
}
