//! A filter that reads its own positional and keyword arguments.

use minijinja::value::{Rest, ValueOrKwargs};
use minijinja::{Environment, Error, State, Value};

pub(super) type Filter<R> = fn(&Value, &[Value]) -> Result<R, Error>;

/// Adds a filter that reads its own positional and keyword arguments.
pub(super) fn add<R: Into<Value> + 'static>(
    environment: &mut Environment<'static>,
    name: &'static str,
    filter: Filter<R>,
) {
    environment.add_filter(name, move |value: &Value, args: Rest<ValueOrKwargs>| -> Result<Value, Error> {
        filter(value, &args.into_values()).map(Into::into)
    });
}

/// The same for a filter that has a look at what is undefined.
pub(super) fn add_looking<R: Into<Value> + 'static>(
    environment: &mut Environment<'static>,
    name: &'static str,
    filter: fn(&State<'_, '_>, &Value, &[Value]) -> Result<R, Error>,
) {
    environment.add_filter(
        name,
        move |state: &State<'_, '_>, value: &Value, args: Rest<ValueOrKwargs>| -> Result<Value, Error> {
            filter(state, value, &args.into_values()).map(Into::into)
        },
    );
}

/// A missing or undefined argument is not given.
pub(super) fn or<T>(given: Option<&Value>, default: T, read: impl Fn(&Value) -> Option<T>) -> T {
    given.and_then(read).unwrap_or(default)
}

pub(super) fn flag(given: Option<&Value>) -> bool {
    given.is_some_and(Value::is_true)
}
