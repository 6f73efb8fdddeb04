//! For `consume`: how a query's rows are traced to staged rows, and what its node says about them.

use minijinja::{Error, State, Value};

use super::response::ResponseObject;
use super::{Database, StoredResult, none};
use crate::hashed::HashSet;
use crate::jinja::python::{bind_required, dict, items_of, list, to_str};
use crate::sql::consume::{self, Functions, Named, Reading, Staging};

pub(super) fn call(
    database: &Database,
    _: &mut State<'_, '_>,
    method: &str,
    args: &[Value],
) -> Option<Result<Value, Error>> {
    Some(match method {
        "rsdbt_functions_called" => bind_required(method, args, ["query"], 1).map(|[query]| {
            let names = consume::functions(&to_str(&query)).unwrap_or_default();
            list(names.into_iter().map(Value::from).collect())
        }),
        "rsdbt_trace_staged_rows" => trace(method, args),
        "rsdbt_add_counts" => add_counts(database, method, args),
        _ => return None,
    })
}

/// `{refusal}`, else `{query, column, grouped, nulls_first}`; without `column` the query reads `rsdbt_taken`, and `nulls_first` names its columns: `{key, newest}`.
fn trace(method: &str, args: &[Value]) -> Result<Value, Error> {
    let names = ["query", "staging", "columns", "key", "newest", "aggregates", "set_returning"];
    let [query, staging, columns, key, newest, aggregates, set_returning] =
        bind_required(method, args, names, 7)?;
    let texts =
        |value: &Value| items_of(value).map(|items| items.iter().map(to_str).collect::<Vec<String>>());
    let set = |value: &Value| texts(value).map(|texts| texts.into_iter().collect::<HashSet<String>>());
    let Ok(relation) = to_str(&staging).parse();
    let staging = Staging { relation, columns: texts(&columns)?, key: texts(&key)?, newest: to_str(&newest) };
    let functions = Functions { aggregates: set(&aggregates)?, set_returning: set(&set_returning)? };
    Ok(match consume::read(&to_str(&query), &staging, &functions) {
        Ok(Reading::Whole { query, nulls_first }) => {
            let named = nulls_first.map_or(none(), |Named { key, newest }| {
                let key = list(key.into_iter().map(Value::from).collect());
                dict([("key".into(), key), ("newest".into(), newest.into())])
            });
            dict([("query".into(), query.into()), ("nulls_first".into(), named)])
        }
        Ok(Reading::Traced { query, column, grouped, nulls_first }) => dict([
            ("query".into(), query.into()),
            ("column".into(), column.into()),
            ("grouped".into(), grouped.into()),
            ("nulls_first".into(), nulls_first.into()),
        ]),
        Err(refusal) => dict([("refusal".into(), refusal.into())]),
    })
}

/// The answer of the `main` statement with further numbers, for run_results.json.
fn add_counts(database: &Database, method: &str, args: &[Value]) -> Result<Value, Error> {
    let [message, counts] = bind_required(method, args, ["message", "counts"], 2)?;
    if let Some(stored) = database.result("main")
        && let Some(mut response) = stored.response()
    {
        response.message = to_str(&message);
        for name in counts.try_iter()? {
            response.counts.push((to_str(&name), counts.get_item(&name)?.as_i64().unwrap_or_default()));
        }
        let response = ResponseObject(response).to_value();
        database.store("main", StoredResult { response, ..stored });
    }
    Ok(none())
}
