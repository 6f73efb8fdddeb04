//! The items of whatever can be iterated.

use minijinja::Error;
use minijinja::value::Value;

use super::value_error;

/// No list is that long; an iterator that gives more has no end.
pub(super) const ENDLESS: usize = 10_000_000;

/// The items of anything that can be iterated, none of an undefined value; a scalar value is an error.
pub(crate) fn items_of(value: &Value) -> Result<Vec<Value>, Error> {
    let not_iterable = || super::type_error(format!("'{}' object is not iterable", super::type_name(value)));
    if value.is_undefined() {
        return Ok(Vec::new());
    }
    if value.is_none() {
        return Err(not_iterable());
    }
    let mut items: Vec<Value> = Vec::new();
    for item in value.try_iter().map_err(|_| not_iterable())?.checked() {
        if items.len() > ENDLESS {
            return Err(value_error("an endless iterator cannot be made a list"));
        }
        items.push(item?);
    }
    Ok(items)
}
