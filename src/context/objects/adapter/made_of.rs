//! For `partition_overwrite`: how a query makes its field.

use minijinja::{Error, State, Value};

use super::Database;
use crate::jinja::python::{bind_required, dict, list, to_str};
use crate::sql::made_of::makings;

pub(super) fn call(
    _: &Database,
    _: &mut State<'_, '_>,
    method: &str,
    args: &[Value],
) -> Option<Result<Value, Error>> {
    (method == "rsdbt_makings").then(|| found(method, args))
}

/// A list of `{condition, expression}`; none where it cannot be told.
fn found(method: &str, args: &[Value]) -> Result<Value, Error> {
    let [query, column] = bind_required(method, args, ["query", "column"], 2)?;
    let makings = makings(&to_str(&query), &to_str(&column)).unwrap_or_default().into_iter();
    let fields = makings.map(|making| {
        dict([
            ("condition".into(), Value::from(making.condition)),
            ("expression".into(), Value::from(making.expression)),
        ])
    });
    Ok(list(fields.collect()))
}
