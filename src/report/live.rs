//! What a terminal shows of a run while it goes on: what failed, with its text, what warns, and what takes long. What runs is in
//! the block below the lines; what went well has a line only where there are few nodes.

use std::sync::Mutex;

use serde_json::Value;

use super::progress::{Progress, is_failure};
use crate::hashed::HashSet;
use crate::run::{Event, Occurrence, Status};

/// In seconds.
const SLOW: f64 = 10.0;

/// How an event is shown.
#[derive(Debug)]
pub(super) enum Shown {
    Usual,
    Not,
    /// By the message of the node that has ended.
    As(Event),
}

/// What was shown of failures when they happened is not repeated at the end.
#[derive(Debug, Default)]
pub(super) struct Live {
    told: Mutex<HashSet<String>>,
    /// What was cancelled has no line, and so no text.
    lines: Mutex<HashSet<String>>,
}

impl Live {
    pub(super) fn shown(&self, occurrence: &Occurrence<'_>, progress: &Progress) -> Shown {
        match occurrence.event {
            Event::LogStartLine { .. }
            | Event::LogStartBatch { .. }
            | Event::LogStartOverload { .. }
            | Event::SkippingDetails { .. } => Shown::Not,
            Event::NodeFinished { unique_id, run_result } => self.ended(unique_id, run_result),
            Event::RunResultError { .. } | Event::RunResultWarningMessage { .. } => {
                let id = occurrence.node.map(|node| node.unique_id.as_str()).unwrap_or_default();
                if self.told.lock().is_ok_and(|told| told.contains(id)) { Shown::Not } else { Shown::Usual }
            }
            event => match result_of(event) {
                Some(Ended { went_well: true, seconds }) if seconds < SLOW && !progress.has_few_nodes() => {
                    Shown::Not
                }
                Some(_) => {
                    let id = occurrence.node.map(|node| node.unique_id.clone());
                    if let (Some(id), Ok(mut lines)) = (id, self.lines.lock()) {
                        lines.insert(id);
                    }
                    Shown::Usual
                }
                None => Shown::Usual,
            },
        }
    }

    fn ended(&self, unique_id: &str, result: &Value) -> Shown {
        let is_warning = Status::of(result) == Some(Status::Warn);
        let Some(message) = result["message"].as_str().filter(|_| is_warning || is_failure(result)) else {
            return Shown::Not;
        };
        if !self.lines.lock().is_ok_and(|lines| lines.contains(unique_id)) {
            return Shown::Not;
        }
        if let Ok(mut told) = self.told.lock() {
            told.insert(unique_id.to_owned());
        }
        let msg = message.to_owned();
        Shown::As(Event::RunResultError { msg, error_codes: Vec::new() })
    }
}

/// How a node or batch ended.
struct Ended {
    went_well: bool,
    seconds: f64,
}

fn result_of(event: &Event) -> Option<Ended> {
    let (status, seconds) = match event {
        Event::LogModelResult { status, execution_time, .. }
        | Event::LogBatchResult { status, execution_time, .. } => (status.status, *execution_time),
        Event::LogSeedResult { status, execution_time, .. }
        | Event::LogSnapshotResult { status, execution_time, .. }
        | Event::LogFunctionResult { status, execution_time, .. }
        | Event::LogTestResult { status, execution_time, .. }
        | Event::LogFreshnessResult { status, execution_time, .. }
        | Event::LogNodeNoOpResult { status, execution_time, .. }
        | Event::LogOverloadResult { status, execution_time, .. }
        | Event::LogNodeResult { status, execution_time, .. } => (*status, *execution_time),
        _ => return None,
    };
    let is_bad = status.is_failure() || status == Status::Warn;
    Some(Ended { went_well: !is_bad, seconds })
}
