//! What rows and columns answer: items by position and by name.

use minijinja::Error;
use minijinja::value::Value;

use crate::jinja::python::{
    bind_required, dict, given, no_arguments, repr, tuple, unknown_method, value_error,
};

/// Values, and keys if they have any.
pub(super) struct Named<'a> {
    pub(super) class: &'a str,
    pub(super) values: &'a dyn Fn() -> Vec<Value>,
    pub(super) keys: &'a dyn Fn() -> Option<Vec<Value>>,
}

impl Named<'_> {
    pub(super) fn call(
        &self,
        method: &str,
        args: &[Value],
        sequence: impl FnOnce(Vec<Value>) -> Value,
    ) -> Result<Value, Error> {
        let pairs = || {
            let keys =
                (self.keys)().ok_or_else(|| value_error(format!("this {} has no keys", self.class)))?;
            Ok::<_, Error>(keys.into_iter().zip((self.values)()))
        };
        match method {
            "values" => no_arguments(method, args).map(|()| sequence((self.values)())),
            "keys" => {
                no_arguments(method, args)?;
                Ok((self.keys)().map_or(Value::from(()), tuple))
            }
            "items" => {
                no_arguments(method, args)?;
                Ok(tuple(pairs()?.map(|(key, value)| tuple(vec![key, value])).collect()))
            }
            "dict" => {
                no_arguments(method, args)?;
                Ok(dict(pairs()?))
            }
            "get" => {
                let [key, default] = bind_required(method, args, ["key", "default"], 1)?;
                let found = pairs()?.find(|(known, _)| *known == key).map(|(_, value)| value);
                let default = if given(&default) { default } else { Value::from(()) };
                Ok(found.unwrap_or(default))
            }
            "index" => {
                let [wanted] = bind_required(method, args, ["value"], 1)?;
                let at = (self.values)().iter().position(|value| *value == wanted);
                at.map(Value::from).ok_or_else(|| value_error("the value is not in the sequence"))
            }
            "count" => {
                let [wanted] = bind_required(method, args, ["value"], 1)?;
                Ok(Value::from((self.values)().iter().filter(|value| **value == wanted).count()))
            }
            _ => Err(unknown_method(self.class, method)),
        }
    }
}

/// The first five values, as agate prints its sequences.
pub(super) fn sample(values: &[Value]) -> String {
    let mut shown: Vec<String> = values.iter().take(5).map(repr).collect();
    if values.len() > 5 {
        shown.push("...".into());
    }
    format!("({})", shown.join(", "))
}
