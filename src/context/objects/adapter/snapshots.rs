//! Checks that a snapshot's target is a snapshot.

use minijinja::{Error, State, Value};

use super::columns::columns;
use super::{Database, expect_relation, none};
use crate::context::objects::Relation;
use crate::jinja::python::{bind_required, given, to_str};

pub(super) fn call(
    _: &Database,
    state: &mut State<'_, '_>,
    method: &str,
    args: &[Value],
) -> Option<Result<Value, Error>> {
    Some(match method {
        "valid_snapshot_target" => {
            bind_required(method, args, ["relation", "column_names"], 1).and_then(|[relation, names]| {
                let relation = expect_relation(method, "relation", &relation)?;
                check(state, &relation, &names, &["dbt_scd_id", "dbt_valid_from", "dbt_valid_to"])
            })
        }
        "assert_valid_snapshot_target_given_strategy" => strategy(state, method, args),
        _ => return None,
    })
}

fn strategy(state: &State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
    let names = ["relation", "column_names", "strategy"];
    let [relation, column_names, strategy] = bind_required(method, args, names, 3)?;
    let relation = expect_relation(method, "relation", &relation)?;
    check(state, &relation, &column_names, &["dbt_scd_id", "dbt_valid_from", "dbt_valid_to"])?;
    let hard_deletes = strategy.get_item(&Value::from("hard_deletes")).unwrap_or_default();
    if hard_deletes.as_str() == Some("new_record") {
        check(state, &relation, &column_names, &["dbt_is_deleted"])?;
    }
    Ok(none())
}

fn check(
    state: &State<'_, '_>,
    relation: &Relation,
    column_names: &Value,
    wanted: &[&str],
) -> Result<Value, Error> {
    let present: Vec<String> =
        columns(state, relation)?.into_iter().map(|column| column.name.to_lowercase()).collect();
    let mut missing = Vec::new();
    for name in wanted {
        let desired = if given(column_names) {
            column_names.get_item(&Value::from(*name)).ok().filter(given).map(|name| to_str(&name))
        } else {
            Some((*name).to_owned())
        };
        missing.extend(desired.filter(|desired| !present.contains(&desired.to_lowercase())));
    }
    if missing.is_empty() {
        return Ok(none());
    }
    let message = format!(
        "Snapshot target is missing configured columns ({}). \
         See https://docs.getdbt.com/docs/build/snapshots#snapshot-meta-fields for more information.",
        missing.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
    );
    Err(crate::jinja::python::raise(crate::diagnostic::Diagnostic::compilation("not-a-snapshot", message)))
}
