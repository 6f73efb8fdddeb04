//! Jinja2's tests (`x is callable`) where minijinja has none or another idea of them.

use std::cmp::Ordering;

use minijinja::value::{Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, Value};

use super::super::python::{self, operators};

pub(super) fn install(environment: &mut Environment<'static>) {
    environment.add_test("callable", is_callable);
    environment.add_test("sequence", is_sequence);
    // minijinja iterates over none, Python does not
    environment.add_test("iterable", |value: &Value| !value.is_none() && value.try_iter().is_ok());
    environment.add_test("mapping", |value: &Value| value.kind() == ValueKind::Map);
    environment.add_test("float", |value: &Value| value.is_number() && !value.is_integer());
    environment.add_test("in", |value: &Value, container: &Value| operators::contains(container, value));
    environment.add_test("odd", |value: &Value| leaves(value, &Value::from(2), 1));
    environment.add_test("even", |value: &Value| leaves(value, &Value::from(2), 0));
    add_divisibleby(environment);
    environment.add_test("lower", |value: &Value| is_cased(value, char::is_uppercase));
    environment.add_test("upper", |value: &Value| is_cased(value, char::is_lowercase));
    environment.add_test("escaped", |value: &Value| value.is_safe());
    for (names, check) in comparisons() {
        for name in names {
            environment.add_test(*name, check);
        }
    }
}

type Check = fn(&Value, &Value) -> Result<bool, Error>;

fn comparisons() -> [(&'static [&'static str], Check); 6] {
    [
        (&["eq", "equalto", "=="], |left, right| Ok(operators::equals(left, right))),
        (&["ne", "!="], |left, right| Ok(!operators::equals(left, right))),
        (&["lt", "lessthan", "<"], |left, right| operators::order("<", left, right).map(Ordering::is_lt)),
        (&["le", "<="], |left, right| operators::order("<=", left, right).map(Ordering::is_le)),
        (&["gt", "greaterthan", ">"], |left, right| operators::order(">", left, right).map(Ordering::is_gt)),
        (&["ge", ">="], |left, right| operators::order(">=", left, right).map(Ordering::is_ge)),
    ]
}

/// What minijinja has and Jinja2 has not: dbt does not know it either.
pub(super) fn remove_foreign(environment: &mut Environment<'static>) {
    for name in ["bool", "chain", "lines", "split", "zip"] {
        environment.remove_filter(name);
    }
    for name in ["int", "safe"] {
        environment.remove_test(name);
    }
}

fn leaves(value: &Value, divisor: &Value, remainder: i64) -> Result<bool, Error> {
    Ok(operators::equals(&operators::modulo(value, divisor)?, &Value::from(remainder)))
}

fn add_divisibleby(environment: &mut Environment<'static>) {
    environment.add_test("divisibleby", |value: &Value, args: Rest<ValueOrKwargs>| {
        let [divisor] = python::bind_required("divisibleby", &args.into_values(), ["num"], 1)?;
        leaves(value, &divisor, 0)
    });
}

/// The text of a value has letters with cases, and none of the other case.
fn is_cased(value: &Value, other: fn(char) -> bool) -> bool {
    let text = python::to_str(value);
    text.chars().any(|letter| letter.is_lowercase() || letter.is_uppercase()) && !text.chars().any(other)
}

/// Python calls whatever has a length and can be indexed a sequence: texts and dicts too.
fn is_sequence(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Seq | ValueKind::String | ValueKind::Map | ValueKind::Undefined)
}

fn is_callable(value: &Value) -> bool {
    // minijinja does not tell; plain objects are what macros and functions are.
    matches!(value.kind(), ValueKind::Plain | ValueKind::Undefined)
}
