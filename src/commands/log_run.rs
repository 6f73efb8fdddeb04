//! What a command hands to the run log of the project, where it has one.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::connect::Connect;
use super::invocation::Invocation;
use super::session::Session;
use crate::diagnostic::{Diagnostic, Result};
use crate::options::Text;
use crate::options::table::{EVENT_TIME_END, EVENT_TIME_START, INTERVAL_END, INTERVAL_START, RUN_LOG};
use crate::run::{Event, RunResults};
use crate::run_log::{Run, RunLog};

/// Read before the run, so that a slip in it is not met after hours.
pub(super) fn of(invocation: &Invocation) -> Result<Option<RunLog>> {
    RunLog::of(&invocation.flags.mapping(&RUN_LOG))
}

/// Writes a run down; a log that cannot be written is a warning.
pub(super) fn write(
    log: &RunLog,
    session: &Session<'_>,
    connect: &Connect,
    results: &RunResults,
    interval: [Option<String>; 2],
) {
    let invocation = session.invocation;
    let environment = &invocation.environment;
    let run = Run {
        invocation_id: &invocation.id,
        command: invocation.command.name(),
        project: session.project.root.name(),
        target: &session.profile.target_name,
        started_at: began(results),
        job: environment.get("RSDBT_JOB"),
        attempt: environment.get("RSDBT_ATTEMPT").and_then(|attempt| attempt.parse().ok()),
        interval,
    };
    let Err(problem) = log.write(&Arc::new(connect.settings.clone()), &run, results) else { return };
    let msg = format!("the run log could not be written: {}", problem.message);
    let warning = Diagnostic::warning("RunLogFailed", msg.as_str());
    if invocation.emitter.warn(warning).is_err() {
        // a warning that is an error for others does not fail the run
        invocation.emitter.emit(Event::Note { msg });
    }
}

/// A schedule runs many times in one process.
fn began(results: &RunResults) -> Timestamp {
    let elapsed = SignedDuration::try_from_secs_f64(results.elapsed_time).unwrap_or_default();
    results.generated_at.checked_sub(elapsed).unwrap_or(results.generated_at)
}

/// The window that the options give, else the job's interval.
pub(super) fn interval(invocation: &Invocation) -> [Option<String>; 2] {
    let of = |options: [&Text; 2], variable: &str| {
        let given = options.into_iter().find_map(|option| invocation.flags.text(option));
        let given = given.map(|text| format!("{text}Z"));
        given.or_else(|| invocation.environment.get(variable).map(str::to_owned))
    };
    [
        of([&INTERVAL_START, &EVENT_TIME_START], "RSDBT_INTERVAL_START"),
        of([&INTERVAL_END, &EVENT_TIME_END], "RSDBT_INTERVAL_END"),
    ]
}
