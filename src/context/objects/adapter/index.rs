//! `adapter.parse_index`: one entry of the config `indexes`, with the name that its index gets.

use std::sync::Arc;

use md5::{Digest, Md5};
use minijinja::value::{Object, ObjectRepr, ValueKind};
use minijinja::{Error, State, Value};

use super::{expect_relation, none, runtime};
use crate::jinja::python::{bind_required, given, items_of, list, repr, to_str, unknown_method};

#[derive(Debug)]
struct Index {
    columns: Vec<String>,
    unique: bool,
    method: Option<String>,
}

/// dbt's three, and what the built-in macros make of Postgres's own.
const KEYS: [&str; 9] =
    ["columns", "unique", "type", "name", "include", "where", "with", "opclass", "nulls_distinct"];

pub(super) fn parse(args: &[Value]) -> Result<Value, Error> {
    let [raw] = bind_required("parse_index", args, ["raw_index"], 1)?;
    if !given(&raw) {
        return Ok(none());
    }
    let part = |name: &str| raw.get_item(&Value::from(name)).ok().filter(given);
    if raw.kind() != ValueKind::Map {
        let message = format!(
            "Invalid index config:\n  Got: {}\n  Expected a dictionary with at minimum a \"columns\" key",
            repr(&raw)
        );
        return Err(runtime("invalid-index", message));
    }
    for key in raw.try_iter()? {
        if !key.as_str().is_some_and(|key| KEYS.contains(&key)) {
            let message = format!(
                "Could not parse index config: Additional properties are not allowed ({} was unexpected)",
                repr(&key)
            );
            return Err(runtime("invalid-index", message));
        }
    }
    let Some(columns) = part("columns") else {
        return Err(runtime(
            "invalid-index",
            "Could not parse index config: 'columns' is a required property",
        ));
    };
    let columns = match columns.kind() {
        ValueKind::String => {
            let message =
                format!("Could not parse index config: columns: {} is not of type 'array'", repr(&columns));
            return Err(runtime("invalid-index", message));
        }
        _ => items_of(&columns)?.iter().map(to_str).collect(),
    };
    let unique = match part("unique") {
        Some(flag) if flag.kind() != ValueKind::Bool => {
            let message =
                format!("Could not parse index config: unique: {} is not of type 'boolean'", repr(&flag));
            return Err(runtime("invalid-index", message));
        }
        flag => flag.is_some_and(|flag| flag.is_true()),
    };
    let method = part("type").map(|method| to_str(&method));
    Ok(Value::from_object(Index { columns, unique, method }))
}

impl Object for Index {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "columns" => list(self.columns.iter().map(Value::from).collect()),
            "unique" => Value::from(self.unique),
            "type" => self.method.as_ref().map_or_else(none, Value::from),
            _ => return None,
        })
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        if method != "render" {
            return Err(unknown_method("PostgresIndexConfig", method));
        }
        let [relation] = bind_required(method, args, ["relation"], 1)?;
        let relation = expect_relation(method, "relation", &relation)?;
        // dbt: the clock makes it new at each run, because the old table's index still has its name
        let now = crate::clock::now().strftime("%Y-%m-%dT%H:%M:%S.%6f").to_string();
        let unique = if self.unique { "True" } else { "False" };
        let kind = self.method.as_deref().unwrap_or("None");
        let mut inputs: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        let rendered = relation.render();
        inputs.extend([rendered.as_str(), unique, kind, &now]);
        Ok(Value::from(crate::hex::digits(Md5::digest(inputs.join("_")))))
    }
}
