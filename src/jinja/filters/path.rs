//! `attribute='address.city'`: what lies at a path below an item, and what is done with an undefined value.

use minijinja::value::Value;
use minijinja::{Error, ErrorKind, State, UndefinedBehavior};

/// While dbt parses, an undefined value swallows what is done with it.
pub(in crate::jinja) fn is_tolerant(state: &State<'_, '_>) -> bool {
    state.undefined_behavior() == UndefinedBehavior::Chainable
}

/// The value under a path as `address.city` or `rows.0`; a default stands for each part that is not there. Nothing lies below
/// what is undefined.
pub(super) fn below(
    state: &State<'_, '_>,
    item: &Value,
    path: &Value,
    default: Option<&Value>,
) -> Result<Value, Error> {
    let there = |found: Value| match default {
        Some(default) if found.is_undefined() => default.clone(),
        _ => found,
    };
    let Some(path) = path.as_str() else { return Ok(there(item.get_item(path).unwrap_or_default())) };
    path.split('.').try_fold(item.clone(), |value, part| {
        if value.is_undefined() && !is_tolerant(state) {
            let message = format!("there is no '{part}' below an undefined value in the path '{path}'");
            return Err(Error::new(ErrorKind::UndefinedError, message));
        }
        let key = part.parse::<i64>().map_or_else(|_| Value::from(part), Value::from);
        Ok(there(value.get_item(&key).unwrap_or_default()))
    })
}
