//! The end of a run as events: which nodes failed and why, the counts, the time it took.

use serde_json::json;

use super::describe;
use super::emitter::{Emitter, NodeInfo};
use super::event::{Event, Level};
use super::inputs::FailingRows;
use super::results::{NodeResult, Status};
use crate::context::objects::PrintLimits;
use crate::counted::counted;
use crate::manifest::{Manifest, Node, Resource};

/// Looks up the node of a result, with its compiled code where there is any.
pub(super) trait Nodes {
    fn manifest(&self) -> &Manifest;
    fn compiled_path(&self, unique_id: &str) -> Option<String>;
    fn stores_failures(&self, node: &Node) -> bool;
    fn failing_rows(&self) -> FailingRows;
}

/// "Finished running ..": what was run and how long it took.
pub(super) fn finished(emitter: &Emitter, nodes: &dyn Nodes, results: &[NodeResult], seconds: f64) {
    let ids = results.iter().map(|result| result.unique_id.as_str());
    emitter.emit(Event::formatting(""));
    emitter.emit(Event::FinishedRunningStats {
        stat_line: describe::counts(nodes.manifest(), ids),
        execution: humanized(seconds),
        execution_time: seconds,
    });
}

/// dbt's ` in 0 hours 0 minutes and 0.34 seconds`.
fn humanized(seconds: f64) -> String {
    let minutes = (seconds / 60.0).floor();
    let rest = seconds - minutes * 60.0;
    let hours = (minutes / 60.0).floor();
    format!(" in {hours} hours {} minutes and {rest:.2} seconds", minutes - hours * 60.0)
}

/// `seed --show`: the first rows of each seed.
pub(super) fn seeds(emitter: &Emitter, nodes: &dyn Nodes, results: &[NodeResult]) {
    for result in results {
        let (Some(table), Some(Resource::Node(node))) =
            (&result.table, nodes.manifest().resource(&result.unique_id))
        else {
            continue;
        };
        let header = format!("Random sample of table: {}.{}", node.schema, node.alias);
        let line = "-".repeat(header.chars().count());
        emitter.emit(Event::formatting(""));
        emitter.emit(Event::SeedHeader { header });
        emitter.emit(Event::formatting(line));
        let limits = PrintLimits { rows: Some(10), columns: None, ..PrintLimits::default() };
        emitter.emit(Event::PrintEvent { msg: table.to_markdown(limits).trim_end().to_owned() });
        emitter.emit(Event::formatting(""));
    }
}

/// The closing lines of a run.
pub(super) fn end(emitter: &Emitter, nodes: &dyn Nodes, results: &[NodeResult], keyboard_interrupt: bool) {
    let mut errors = Vec::new();
    let mut warnings = Vec::new();
    let mut partial = 0;
    for result in results {
        match result.status {
            Status::RuntimeError | Status::Error | Status::Fail => errors.push(result),
            Status::Skipped if result.message.is_some() && !result.harmless_skip => errors.push(result),
            Status::Warn => warnings.push(result),
            Status::PartialSuccess => partial += 1,
            _ => {}
        }
    }
    emitter.emit(Event::formatting(""));
    emitter.emit(Event::EndOfRunSummary {
        num_errors: errors.len(),
        num_warnings: warnings.len(),
        num_partial_success: partial,
        keyboard_interrupt,
    });
    for result in errors {
        failure(emitter, nodes, result, true);
    }
    for result in warnings {
        warning(emitter, nodes, result);
    }
    for msg in super::overview::lines(nodes.manifest(), results) {
        emitter.emit(Event::RunOverview { msg });
    }
    counts(emitter, results);
}

/// After Ctrl-C: what was running, and what had not begun.
pub(super) fn interrupted(emitter: &Emitter, kind: &str, cancelled: usize, not_started: usize) {
    let count = |count: usize| counted(count, kind);
    let msg = match (cancelled, not_started) {
        (0, left) => format!("Interrupted: {} not started", count(left)),
        (running, 0) => format!("Interrupted: {} cancelled", count(running)),
        (running, left) => format!("Interrupted: {} cancelled, {left} not started", count(running)),
    };
    emitter.emit(Event::Note { msg });
}

fn info_of(nodes: &dyn Nodes, result: &NodeResult) -> Option<NodeInfo> {
    let manifest = nodes.manifest();
    manifest.resource(&result.unique_id).map(|resource| describe::node_info(manifest, resource))
}

/// What failed, why, and where its SQL is.
pub(super) fn failure(emitter: &Emitter, nodes: &dyn Nodes, result: &NodeResult, newline: bool) {
    let info = info_of(nodes, result);
    let say = |event: Event| match &info {
        Some(info) => emitter.emit_for(info, event),
        None => emitter.emit(event),
    };
    let error_codes = result.error_codes();
    match (result.status, &result.message) {
        (Status::Fail | Status::Error, message) => {
            if newline {
                emitter.emit(Event::formatting(""));
            }
            let (resource_type, node_name, path) = names(nodes, result);
            say(Event::RunResultFailure { resource_type, node_name, path });
            match message {
                Some(message) if !message.is_empty() => {
                    say(Event::RunResultError { msg: message.clone(), error_codes });
                }
                _ => say(Event::RunResultErrorNoMessage { status: result.status }),
            }
            places(emitter, nodes, result);
        }
        (Status::Skipped, Some(message)) => {
            emitter.emit_at(Level::Debug, None, Event::formatting(""));
            let event = Event::RunResultError { msg: message.clone(), error_codes };
            emitter.emit_at(Level::Debug, None, event);
        }
        (_, Some(message)) => {
            if newline {
                emitter.emit(Event::formatting(""));
            }
            say(Event::RunResultError { msg: message.clone(), error_codes });
        }
        (_, None) => {}
    }
}

fn warning(emitter: &Emitter, nodes: &dyn Nodes, result: &NodeResult) {
    let info = info_of(nodes, result).unwrap_or_default();
    emitter.emit(Event::formatting(""));
    let (resource_type, node_name, path) = names(nodes, result);
    emitter.emit_for(&info, Event::RunResultWarning { resource_type, node_name, path });
    match &result.message {
        Some(msg) => emitter.emit_for(&info, Event::RunResultWarningMessage { msg: msg.clone() }),
        None => emitter.emit_for(&info, Event::RunResultErrorNoMessage { status: result.status }),
    }
    places(emitter, nodes, result);
}

fn names(nodes: &dyn Nodes, result: &NodeResult) -> (String, String, String) {
    match nodes.manifest().resource(&result.unique_id) {
        Some(resource) => (
            resource.resource_type().to_string(),
            resource.name().to_owned(),
            resource.original_file_path().to_owned(),
        ),
        None => (String::new(), result.unique_id.clone(), String::new()),
    }
}

/// The first rows that a test found, and how to see all.
fn rows(emitter: &Emitter, nodes: &dyn Nodes, result: &NodeResult) {
    let (Some(table), Some(Resource::Node(node))) =
        (&result.table, nodes.manifest().resource(&result.unique_id))
    else {
        return;
    };
    if node.is_test() {
        emitter.emit(Event::formatting(""));
        emitter.emit(Event::FailingRows {
            rows: table.to_markdown(PrintLimits::default()).trim_end().to_owned(),
            query: format!("rsdbt show --select {} --limit -1", node.name),
            is_private: nodes.failing_rows() != FailingRows::Everywhere,
        });
    }
}

/// Where the compiled SQL and the stored failures are.
fn places(emitter: &Emitter, nodes: &dyn Nodes, result: &NodeResult) {
    rows(emitter, nodes, result);
    if let Some(path) = nodes.compiled_path(&result.unique_id) {
        emitter.emit(Event::formatting(""));
        emitter.emit(Event::SQLCompiledPath { path });
    }
    let Some(Resource::Node(node)) = nodes.manifest().resource(&result.unique_id) else { return };
    if node.is_test() && nodes.stores_failures(node) {
        let relation_name = result.relation_name.clone().or_else(|| node.relation_name.clone());
        emitter.emit(Event::formatting(""));
        emitter.emit(Event::CheckNodeTestFailure { relation_name: relation_name.unwrap_or_default() });
    }
}

/// `Done. PASS=..`
pub(super) fn counts(emitter: &Emitter, results: &[NodeResult]) {
    let count = |wanted: &[Status]| results.iter().filter(|result| wanted.contains(&result.status)).count();
    emitter.emit(Event::formatting(""));
    emitter.emit(Event::StatsLine {
        stats: json!({
            "pass": count(&[Status::Pass, Status::Success]),
            "warn": count(&[Status::Warn]),
            "error": count(&[Status::Error, Status::Fail, Status::PartialSuccess, Status::RuntimeError]),
            "skip": count(&[Status::Skipped]),
            "noop": count(&[Status::NoOp]),
            "total": results.len(),
        }),
    });
    // dbt: WARN counts nodes and tests
    if let warned @ 1.. = emitter.warned() {
        emitter.emit(Event::Note { msg: format!("Warnings above: {warned} (WARN counts nodes and tests)") });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_hours_and_minutes() {
        assert_eq!(humanized(3723.456), " in 1 hours 2 minutes and 3.46 seconds");
        assert_eq!(humanized(0.34), " in 0 hours 0 minutes and 0.34 seconds");
    }
}
