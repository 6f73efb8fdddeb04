//! Binds call arguments to parameter names the way Python does.

use minijinja::value::Value;
use minijinja::{Error, ErrorKind};

use super::errors::type_error;

/// The positional and the keyword arguments of one call.
pub(crate) struct Arguments<'a> {
    function: &'a str,
    pub(crate) positional: &'a [Value],
    keywords: Vec<(String, Value)>,
}

impl<'a> Arguments<'a> {
    pub(crate) fn new(function: &'a str, values: &'a [Value]) -> Self {
        let (positional, keywords) = match values.split_last() {
            Some((last, rest)) if last.is_kwargs() => (rest, keyword_pairs(last)),
            _ => (values, Vec::new()),
        };
        Self { function, positional, keywords }
    }

    /// Removes and returns a keyword-only argument.
    pub(crate) fn take_keyword(&mut self, name: &str) -> Option<Value> {
        let at = self.keywords.iter().position(|(key, _)| key == name)?;
        Some(self.keywords.remove(at).1)
    }

    pub(crate) fn keywords(&self) -> &[(String, Value)] {
        &self.keywords
    }

    /// One slot per parameter name; surplus, unknown and doubled arguments are errors.
    pub(crate) fn bind<const N: usize>(self, names: [&str; N]) -> Result<[Option<Value>; N], Error> {
        if self.positional.len() > N {
            return Err(Error::new(
                ErrorKind::TooManyArguments,
                format!(
                    "`{}` takes at most {N} arguments but {} were given",
                    self.function,
                    self.positional.len()
                ),
            ));
        }
        let mut slots = [const { None }; N];
        for (slot, value) in slots.iter_mut().zip(self.positional) {
            *slot = Some(value.clone());
        }
        for (keyword, value) in self.keywords {
            let Some(at) = names.iter().position(|name| *name == keyword) else {
                return Err(type_error(format!(
                    "`{}` got an unexpected keyword argument '{keyword}'",
                    self.function
                )));
            };
            if slots[at].replace(value).is_some() {
                return Err(type_error(format!(
                    "`{}` got multiple values for argument '{keyword}'",
                    self.function
                )));
            }
        }
        Ok(slots)
    }
}

/// Binds `values` to `names`; what is not given is `None`.
pub(crate) fn bind<const N: usize>(
    function: &str,
    values: &[Value],
    names: [&str; N],
) -> Result<[Option<Value>; N], Error> {
    Arguments::new(function, values).bind(names)
}

/// Binds `values` when the first `required` names must be given.
pub(crate) fn bind_required<const N: usize>(
    function: &str,
    values: &[Value],
    names: [&str; N],
    required: usize,
) -> Result<[Value; N], Error> {
    let slots = bind(function, values, names)?;
    for (name, slot) in names.iter().zip(&slots).take(required) {
        if slot.is_none() {
            return Err(Error::new(
                ErrorKind::MissingArgument,
                format!("`{function}` is missing its required argument '{name}'"),
            ));
        }
    }
    Ok(slots.map(|slot| slot.unwrap_or(Value::UNDEFINED)))
}

/// For methods without parameters.
pub(crate) fn no_arguments(function: &str, values: &[Value]) -> Result<(), Error> {
    bind::<0>(function, values, []).map(drop)
}

/// A value that counts as given: neither left out, nor none.
pub(crate) fn given(value: &Value) -> bool {
    !value.is_undefined() && !value.is_none()
}

pub(crate) fn expect_str<'v>(function: &str, value: &'v Value) -> Result<&'v str, Error> {
    value
        .as_str()
        .ok_or_else(|| type_error(format!("`{function}` expects a string, not {}", super::type_name(value))))
}

pub(crate) fn expect_int(function: &str, value: &Value) -> Result<i64, Error> {
    value.as_i64().filter(|_| value.kind() != minijinja::value::ValueKind::String).ok_or_else(|| {
        type_error(format!("`{function}` expects an integer, not {}", super::type_name(value)))
    })
}

fn keyword_pairs(keywords: &Value) -> Vec<(String, Value)> {
    let Ok(names) = keywords.try_iter() else { return Vec::new() };
    names
        .map(|name| {
            let value = keywords.get_item(&name).unwrap_or_default();
            (name.to_string(), value)
        })
        .collect()
}
