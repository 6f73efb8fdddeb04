//! Jinja2's tests (`x is callable`) where minijinja has none or another idea of them.

use minijinja::value::ValueKind;
use minijinja::{Environment, Value};

use super::super::python::operators;

pub(super) fn install(environment: &mut Environment<'static>) {
    environment.add_test("callable", is_callable);
    environment.add_test("sequence", is_sequence);
    // minijinja iterates over none, Python does not
    environment.add_test("iterable", |value: &Value| !value.is_none() && value.try_iter().is_ok());
    environment.add_test("mapping", |value: &Value| value.kind() == ValueKind::Map);
    environment.add_test("float", |value: &Value| value.is_number() && !value.is_integer());
    environment.add_test("list", |value: &Value| super::super::python::type_name(value) == "list");
    for (names, check) in comparisons() {
        for name in names {
            environment.add_test(*name, check);
        }
    }
}

type Check = fn(&Value, &Value) -> bool;

fn comparisons() -> [(&'static [&'static str], Check); 6] {
    [
        (&["eq", "equalto", "=="], operators::equals),
        (&["ne", "!="], |left, right| !operators::equals(left, right)),
        (&["lt", "lessthan", "<"], |left, right| operators::compare(left, right).is_lt()),
        (&["le", "<="], |left, right| operators::compare(left, right).is_le()),
        (&["gt", "greaterthan", ">"], |left, right| operators::compare(left, right).is_gt()),
        (&["ge", ">="], |left, right| operators::compare(left, right).is_ge()),
    ]
}

/// Python calls whatever has a length and can be indexed a sequence: texts and dicts too.
fn is_sequence(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Seq | ValueKind::String | ValueKind::Map | ValueKind::Undefined)
}

fn is_callable(value: &Value) -> bool {
    // minijinja does not tell; plain objects are what macros and functions are.
    matches!(value.kind(), ValueKind::Plain | ValueKind::Undefined)
}
