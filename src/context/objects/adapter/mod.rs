//! `adapter`: the database as templates see it. `run` makes one [`NodeDatabase`] per node; while parsing the
//! same object answers with dbt's stand-ins.

mod columns;
mod constraints;
mod database;
mod elsewhere;
mod high_water;
mod index;
mod methods;
mod names;
mod object;
mod query_texts;
mod relations;
mod response;
mod seed;
mod site_rows;
mod snapshots;
mod staged_rows;
mod statements;
mod stored_result;
mod strategies;
#[cfg(test)]
mod tests;
mod untrusted;

pub(crate) use database::{AdapterSettings, KnownAnswer, NodeDatabase, SeedFile};
pub(crate) use elsewhere::join;
pub(crate) use object::parse_name;
pub(crate) use stored_result::StoredResult;

use std::sync::Arc;

use minijinja::{Error, State, Value};

use super::Relation;
use crate::diagnostic::Diagnostic;
use crate::jinja::Scope;
use crate::jinja::execute_macro;
use crate::jinja::python::{raise, type_error};

/// What dbt's adapter calls `execute_macro`.
fn call_macro(state: &State<'_, '_>, name: &str, keywords: &[(&str, Value)]) -> Result<Value, Error> {
    execute_macro(name, &Scope::of(state)?, &[], keywords).map_err(raise)
}

fn expect_relation(method: &str, argument: &str, value: &Value) -> Result<Relation, Error> {
    Relation::from_value(value).ok_or_else(|| {
        type_error(format!(
            "'adapter.{method}' expects argument '{argument}' to be of type 'Relation', instead got {value}"
        ))
    })
}

/// The end where the node's query runs, and the query.
fn expect_site(database: &Database) -> crate::diagnostic::Result<(Database, Arc<str>)> {
    let site = database.other().zip(database.elsewhere.query());
    site.ok_or_else(|| {
        Diagnostic::runtime("rows-elsewhere", "this node's query runs where its relation is").boxed()
    })
}

fn runtime(code: &'static str, message: impl Into<String>) -> Error {
    raise(Diagnostic::runtime(code, message))
}

fn none() -> Value {
    Value::from(())
}

/// What methods do their work with.
type Database = Arc<NodeDatabase>;
