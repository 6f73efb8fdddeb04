//! For `partition_overwrite`: what can be told from the text of a query.

use minijinja::{Error, State, Value};

use super::Database;
use crate::jinja::python::{bind_required, dict, items_of, list, to_str};
use crate::sql::made_of::{Making, made_of};
use crate::sql::restrict::restrict;

pub(super) fn call(
    _: &Database,
    _: &mut State<'_, '_>,
    method: &str,
    args: &[Value],
) -> Option<Result<Value, Error>> {
    Some(match method {
        "rsdbt_restrict_query" => restricted(method, args),
        "rsdbt_makings" => how_made(method, args),
        _ => return None,
    })
}

/// `{query}` over some of the rows of its inputs, else `{refusal}`; `conditions` by the names of the relations.
fn restricted(method: &str, args: &[Value]) -> Result<Value, Error> {
    let [query, conditions] = bind_required(method, args, ["query", "conditions"], 2)?;
    let mut restrictions = Vec::new();
    for name in conditions.try_iter()? {
        let Ok(relation) = to_str(&name).parse();
        restrictions.push((relation, to_str(&conditions.get_item(&name)?)));
    }
    Ok(match restrict(&to_str(&query), &restrictions) {
        Ok(query) => dict([("query".into(), query.into())]),
        Err(refusal) => dict([("refusal".into(), refusal.into())]),
    })
}

/// How the query makes a column: `{makings, ties, ordered, plain}`; a making is `{condition, expression}`. `ties` is none where rows of several
/// periods may take part in one; `ordered` are those of the
/// columns whose values may depend on the rows that are read beside, `plain` the conditions on columns of tables.
fn how_made(method: &str, args: &[Value]) -> Result<Value, Error> {
    let [query, column, columns] = bind_required(method, args, ["query", "column", "columns"], 3)?;
    let columns: Vec<String> = items_of(&columns)?.iter().map(to_str).collect();
    let made = made_of(&to_str(&query), &to_str(&column), &columns);
    Ok(dict([
        ("makings".into(), listed(made.makings)),
        ("ties".into(), made.ties.map_or(Value::from(()), listed)),
        ("ordered".into(), list(made.ordered.into_iter().map(Value::from).collect())),
        ("plain".into(), list(made.plain.into_iter().map(Value::from).collect())),
    ]))
}

fn listed(makings: Vec<Making>) -> Value {
    let fields = makings.into_iter().map(|making| {
        dict([
            ("condition".into(), Value::from(making.condition)),
            ("expression".into(), Value::from(making.expression)),
        ])
    });
    list(fields.collect())
}
