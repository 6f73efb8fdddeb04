//! The run log: what each run did, as tables of a schema that the project names. It is written on a connection of its own when the run
//! is over, and never fails the run; the documentation page reads it.

mod history;
mod setting;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::adapter::{Connection, Settings};
use crate::diagnostic::Result;
use crate::run::{NodeResult, RunResults};
use crate::sql::{quote_identifier, quote_literal, statements};

pub(crate) use setting::RunLog;

const TABLES: &str = include_str!("tables.sql");
const INSERT: &str = include_str!("insert.sql");

/// How long the log's statements may take: the run is done, and its user waits.
const PATIENCE: Duration = Duration::from_secs(15);
const SESSION: [(&str, &str); 5] = [
    ("search_path", "pg_catalog"),
    ("lock_timeout", "5s"),
    ("statement_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "10s"),
    ("default_transaction_read_only", "off"),
];

/// What a run is, beside its results.
pub(crate) struct Run<'r> {
    pub invocation_id: &'r str,
    pub command: &'r str,
    pub project: &'r str,
    pub target: &'r str,
    pub started_at: Timestamp,
    /// Of the job that it is a step of.
    pub job: Option<&'r str>,
    pub attempt: Option<u32>,
    pub interval: [Option<String>; 2],
}

impl RunLog {
    /// Makes the tables where they are missing, and removes what is older than is kept.
    pub(crate) fn write(&self, settings: &Arc<Settings>, run: &Run<'_>, results: &RunResults) -> Result<()> {
        let mut connection = Connection::open(settings)?;
        connection.give_up_after(PATIENCE)?;
        connection.set_settings(&SESSION.map(|(name, value)| (name.to_owned(), value.to_owned())))?;
        let schema = quote_identifier(&self.schema);
        if !is_there(&mut connection, &schema)? {
            self.make_tables(&mut connection, &schema)?;
        }
        let keep = self.keep_seconds.map_or_else(String::new, |seconds| seconds.to_string());
        let results_json: Vec<Json> = results.results.iter().map(result).collect();
        let (run, results_json) =
            (described(run, results).to_string(), Json::Array(results_json).to_string());
        connection.query(&INSERT.replace("{schema}", &schema), &[&run, &results_json, &keep]).map(drop)
    }

    /// Two runs at once make them one after the other.
    fn make_tables(&self, connection: &mut Connection, schema: &str) -> Result<()> {
        let lock = quote_literal(&format!("rsdbt run log {}", self.schema));
        connection.query(&format!("select pg_advisory_lock(hashtextextended({lock}, 0))::text"), &[])?;
        let script = TABLES.replace("{schema}", schema);
        for statement in statements(&script) {
            connection.query(statement, &[])?;
        }
        connection.query(&format!("select pg_advisory_unlock(hashtextextended({lock}, 0))"), &[]).map(drop)
    }
}

/// The last of its tables, and the column that came last.
fn is_there(connection: &mut Connection, schema: &str) -> Result<bool> {
    let [last, nodes] = ["loads", "nodes"].map(|table| format!("{schema}.{table}"));
    let known = "select from pg_attribute where to_regclass($1::text) is not null and attrelid = to_regclass($2::text) and attname = 'lock_wait'";
    Ok(!connection.query(known, &[&last, &nodes])?.rows.is_empty())
}

fn described(run: &Run<'_>, results: &RunResults) -> Json {
    let status = match (results.interrupted, results.success()) {
        (true, _) => "interrupted",
        (false, true) => "success",
        (false, false) => "error",
    };
    json!({
        "invocation_id": run.invocation_id,
        "command": run.command,
        "project": run.project,
        "target": run.target,
        "job": run.job,
        "attempt": run.attempt,
        "interval_start": run.interval[0],
        "interval_end": run.interval[1],
        "status": status,
        "started_at": run.started_at.to_string(),
        "ended_at": results.generated_at.to_string(),
        "nodes": results.results.len(),
        "failures": results.results.iter().filter(|result| result.status.is_failure()).count(),
    })
}

fn result(result: &NodeResult) -> Json {
    let kind = match result.unique_id.split('.').next() {
        Some("test" | "unit_test") => "test",
        Some("source") => "load",
        _ => "node",
    };
    let first = result.timing.iter().map(|timing| timing.started_at).min();
    let last = result.timing.iter().map(|timing| timing.completed_at).max();
    let is_failure = result.status.is_failure();
    json!({
        "kind": kind,
        "id": result.unique_id,
        "status": result.status.name(),
        "started_at": first.map(|at| at.to_string()),
        "ended_at": last.map(|at| at.to_string()),
        "seconds": result.execution_time,
        "lock_wait": result.lock_wait,
        "rows": result.adapter_response.get("rows_affected").filter(|rows| rows.is_i64()),
        "failures": result.failures,
        "message": result.message.as_deref().map(without_nul),
        "sql": result.compiled_code.as_deref().filter(|_| is_failure).map(without_nul),
    })
}

/// Postgres has no such character in a text.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
