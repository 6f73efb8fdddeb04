//! For `partition_overwrite`: a query over some of the rows of its inputs.

use minijinja::{Error, State, Value};

use super::Database;
use crate::jinja::python::{bind_required, dict, to_str};
use crate::sql::restrict::restrict;

pub(super) fn call(
    _: &Database,
    _: &mut State<'_, '_>,
    method: &str,
    args: &[Value],
) -> Option<Result<Value, Error>> {
    (method == "rsdbt_restrict_query").then(|| restricted(method, args))
}

/// `{query}`, else `{refusal}`; `conditions` by the names of the relations.
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
