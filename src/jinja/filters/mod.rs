//! Jinja2's filters, tests and globals where minijinja has none or another idea of them.

mod checks;
mod globals;
mod sequences;
mod texts;

use minijinja::value::{Rest, ValueOrKwargs};
use minijinja::{Environment, Error, Value};

/// Must run before other modules install theirs: those know more types of values.
pub(super) fn install(environment: &mut Environment<'static>) {
    checks::install(environment);
    globals::install(environment);
    sequences::install(environment);
    texts::install(environment);
}

type Filter<R> = fn(&Value, &[Value]) -> Result<R, Error>;

/// Adds a filter that reads its own positional and keyword arguments.
fn add<R: Into<Value> + 'static>(
    environment: &mut Environment<'static>,
    name: &'static str,
    filter: Filter<R>,
) {
    environment.add_filter(name, move |value: &Value, args: Rest<ValueOrKwargs>| -> Result<Value, Error> {
        filter(value, &args.into_values()).map(Into::into)
    });
}

/// A missing or undefined argument is not given.
fn or<T>(given: Option<&Value>, default: T, read: impl Fn(&Value) -> Option<T>) -> T {
    given.and_then(read).unwrap_or(default)
}

fn flag(given: Option<&Value>) -> bool {
    given.is_some_and(Value::is_true)
}
