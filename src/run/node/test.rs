//! Data tests: the materialization counts the rows, the configs say what the number means.

use std::sync::Arc;

use serde_json::Value as Json;

use super::super::inputs::FailingRows;
use super::super::results::Status;
use super::compile::Extra;
use super::{Executed, NodeRun, Worker};
use crate::adapter::{Begin, Fetch};
use crate::context::objects::Table;
use crate::diagnostic::{Category, Diagnostic, Result};
use crate::hashed::HashMap;
use crate::jinja::python::to_str;
use crate::manifest::Node;

/// How many rows of a failing test are shown.
const SHOWN_ROWS: u64 = 5;

/// The one row of a test's query.
struct Counted {
    failures: i64,
    should_warn: bool,
    should_error: bool,
}

impl NodeRun<'_, '_> {
    pub(super) fn data_test(&mut self, worker: &mut Worker) -> Result<Executed> {
        let node = self.node()?;
        let compiled = self.compile(worker, &node, HashMap::default())?;
        self.executing();
        let mut watch = std::mem::replace(&mut self.watch, super::Watch::start());
        let node = Arc::clone(&compiled.node);
        let executed: Result<Executed> = watch.phase("execute", || {
            if let Some(answer) = self.known_answer(worker, &node) {
                worker.expect(answer);
            }
            let executed = self.run_materialization(worker, &node, Extra::default(), node.materialized())?;
            let counted = counted(worker, &node)?;
            Ok(self.judged(&node, &counted, executed))
        });
        self.watch = watch;
        let executed = executed?;
        let table = match executed.status {
            Status::Fail | Status::Warn => self.failing_rows(worker, &node),
            _ => None,
        };
        Ok(Executed { table, ..executed })
    }

    /// The first rows that the test found, where they are shown. Without them, the result is the same.
    fn failing_rows(&self, worker: &Worker, node: &Arc<Node>) -> Option<Table> {
        if self.run.inputs.options.testing.failing_rows == FailingRows::Hidden {
            return None;
        }
        let sql = self.run.limited(worker, node, Some(SHOWN_ROWS)).ok()?;
        let (_, rows) = worker.execute(&sql, Begin::No, Fetch::All).ok()?;
        Some(Table::from_result_set(&rows?))
    }

    /// dbt's rules of severity.
    fn judged(&self, node: &Node, counted: &Counted, executed: Executed) -> Executed {
        let config = |name: &str| node.config.get(name).and_then(Json::as_str).unwrap_or("!= 0");
        let results = if counted.failures == 1 {
            "1 result".to_owned()
        } else {
            format!("{} results", counted.failures)
        };
        let severity = node.config.get("severity").and_then(Json::as_str).unwrap_or("ERROR");
        let (status, message) = if severity.eq_ignore_ascii_case("error") && counted.should_error {
            (Status::Fail, Some(format!("Got {results}, configured to fail if {}", config("error_if"))))
        } else if counted.should_warn {
            if self.run.emitter.escalates("LogTestResult") {
                (Status::Fail, Some(format!("Got {results}, configured to fail if {}", config("warn_if"))))
            } else {
                (Status::Warn, Some(format!("Got {results}, configured to warn if {}", config("warn_if"))))
            }
        } else {
            (Status::Pass, None)
        };
        let failures = if status == Status::Pass { 0 } else { counted.failures };
        Executed { status, message, failures: Some(failures), table: None, ..executed }
    }
}

fn counted(worker: &Worker, node: &Node) -> Result<Counted> {
    let internal = |what: String| {
        Diagnostic::new(
            "bad-test-query",
            Category::Internal,
            format!("dbt internally failed to execute {}: {what}", node.unique_id),
        )
        .boxed()
    };
    let Some(main) = worker.main_result() else { return Err(internal("no result".into())) };
    let [row] = main.table.rows() else {
        return Err(internal(format!("Returned {} rows, but expected 1 row", main.table.len())));
    };
    if row.values().len() != 3 {
        return Err(internal(format!("Returned {} columns, but expected 3 columns", row.values().len())));
    }
    let cell = |name: &str| {
        let at = main.table.column_names().position(|column| column.eq_ignore_ascii_case(name));
        at.and_then(|at| row.values().get(at)).cloned().unwrap_or_default()
    };
    let truth = |name: &str| -> Result<bool> {
        let value = cell(name);
        let Some(text) = value.as_str() else { return Ok(value.is_true()) };
        match text.to_lowercase().as_str() {
            "y" | "yes" | "t" | "true" | "on" | "1" => Ok(true),
            "n" | "no" | "f" | "false" | "off" | "0" => Ok(false),
            _ => Err(internal(format!("'get_test_sql' returns '{text}', which is not a boolean"))),
        }
    };
    let failures = cell("failures");
    let failures = whole(&to_str(&failures)).ok_or_else(|| {
        Diagnostic::new(
            "bad-fail-calc",
            Category::Database,
            format!("the number of failures is `{}`, which is not an integer", to_str(&failures)),
        )
        .help("`fail_calc` must be an integer for every set of rows")
        .boxed()
    })?;
    Ok(Counted { failures, should_warn: truth("should_warn")?, should_error: truth("should_error")? })
}

/// `3`, `3.000`
fn whole(text: &str) -> Option<i64> {
    let (digits, rest) = text.split_once('.').unwrap_or((text, ""));
    rest.bytes().all(|byte| byte == b'0').then(|| digits.parse().ok())?
}
