//! Incremental strategies, hard deletes, and behaviour-change flags.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, State, Value};
use serde_json::{Map, Value as Json};

use super::Database;
use crate::builtin::strategies;
use crate::diagnostic::{Category, Diagnostic, did_you_mean};
use crate::jinja::Scope;
use crate::jinja::python::{bind_required, given, raise, to_str};

/// The macro `get_incremental_<strategy>_sql`.
pub(super) fn incremental_macro(
    database: &Database,
    state: &State<'_, '_>,
    args: &[Value],
) -> Result<Value, Error> {
    let names = ["model_context", "strategy"];
    let [_, strategy] = bind_required("get_incremental_strategy_macro", args, names, 1)?;
    let strategy = if given(&strategy) { to_str(&strategy) } else { "default".to_owned() };
    let name = format!("get_incremental_{}_sql", strategy.replace('+', "_"));
    if let Some(found) = Scope::of(state)?.global(&name) {
        return Ok(found);
    }
    let message = format!(
        "dbt could not find an incremental strategy macro with the name \"{name}\" in {}",
        database.settings.project_name
    );
    // dbt offers no `insert_overwrite` on Postgres, and `default` is what stands for no name
    let offered: Vec<&str> =
        strategies().filter(|name| !matches!(*name, "default" | "insert_overwrite")).collect();
    let meant = did_you_mean(&strategy, offered.iter().copied()).unwrap_or_default();
    let list = offered.join("`, `");
    let help = format!("{meant} set `incremental_strategy` to one of `{list}`, or write the macro `{name}`");
    Err(raise(Diagnostic::runtime("invalid-incremental-strategy", message).help(help.trim_start())))
}

/// `hard_deletes`, or the older `invalidate_hard_deletes`.
pub(super) fn hard_deletes(state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [config] = bind_required("get_hard_deletes_behavior", args, ["config"], 1)?;
    let mut read = |name: &str| config.call_method(state, "get", &[Value::from(name)]);
    let (invalidate, hard_deletes) = (read("invalidate_hard_deletes")?, read("hard_deletes")?);
    let invalid =
        |message: &str| Err(raise(Diagnostic::new("invalid-hard-deletes", Category::Validation, message)));
    if given(&invalidate) && given(&hard_deletes) {
        return invalid(
            "You cannot set both the invalidate_hard_deletes and hard_deletes config properties on the same snapshot.",
        );
    }
    let behavior = match hard_deletes.as_str() {
        _ if invalidate.is_true() => "invalidate",
        Some(known @ ("invalidate" | "new_record" | "ignore")) => known,
        None if !given(&hard_deletes) => "ignore",
        _ => return invalid("Invalid setting for property hard_deletes."),
    };
    Ok(Value::from(behavior))
}

/// `adapter.behavior`: the user's flags, off where nothing is said.
#[derive(Debug)]
pub(super) struct Behavior(pub(super) Map<String, Json>);

#[derive(Debug)]
struct Flag {
    name: String,
    setting: bool,
}

impl Object for Behavior {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?.to_owned();
        let default = name == "postgres_skip_autocommit_transaction_statements";
        let setting = self.0.get(&name).and_then(Json::as_bool).unwrap_or(default);
        Some(Value::from_object(Flag { name, setting }))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }
}

impl Object for Flag {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "no_warn" | "setting" => Value::from(self.setting),
            "name" => Value::from(self.name.as_str()),
            _ => return None,
        })
    }

    fn is_true(self: &Arc<Self>) -> bool {
        self.setting
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.setting { "True" } else { "False" })
    }
}
