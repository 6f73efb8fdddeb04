//! `rsdbt retry`: runs again exactly what failed or was skipped in the last run, with that run's arguments.

use serde_json::{Map, Value as Json};

use super::invocation::Invocation;
use super::run::{Retried, run_nodes};
use super::{CommandResult, Outcome};
use crate::diagnostic::Diagnostic;
use crate::hashed::HashMap;
use crate::options::Subcommand;
use crate::options::table::{EXCLUDE, MODELS, SELECT, SELECTOR, STATE, WARN_ERROR, WARN_ERROR_OPTIONS};
use crate::run::{self, Begun, NodeResult, PreviousResults, PreviousRun, Status};

/// Commands whose results say what is to be done again.
const RETRYABLE: [Subcommand; 12] = [
    Subcommand::Build,
    Subcommand::Clone,
    Subcommand::Compile,
    Subcommand::DocsGenerate,
    Subcommand::Load,
    Subcommand::Run,
    Subcommand::RunOperation,
    Subcommand::Seed,
    Subcommand::Show,
    Subcommand::Snapshot,
    Subcommand::SourceFreshness,
    Subcommand::Test,
];

/// Arguments that the new call does not take over.
const NOT_INHERITED: [&str; 11] = [
    "log_path",
    "output_path",
    "profiles_dir",
    "profiles_dir_exists_false",
    "project_dir",
    "defer_state",
    "deprecated_state",
    "target_path",
    "warn_error",
    "which",
    "invocation_command",
];

pub(super) fn run(invocation: &Invocation) -> CommandResult {
    let directory = match invocation.flags.text(&STATE) {
        Some(given) => invocation.project_directory.join(given),
        None => invocation.target_directory(),
    };
    let directory = directory.strip_prefix(&invocation.working_directory).unwrap_or(&directory);
    let results = directory.join("run_results.json");
    if let Some((begun, is_at_work)) = run::begun_since(&results) {
        return Err(unfinished(&begun, is_at_work).into());
    }
    let previous = PreviousResults::read(&results)?;
    let which = previous.args.get("which").and_then(Json::as_str).unwrap_or_default().to_owned();
    let Some(command) = RETRYABLE.into_iter().find(|command| command.which() == which) else {
        return Err(Diagnostic::runtime(
            "not-retryable",
            format!("Invalid command `{which}` in the previous run results: it cannot be retried"),
        )
        .help("run the command itself again")
        .into());
    };
    let again = invocation.again(command, given(invocation, &previous))?;
    let warn_error = again.flags.is(&WARN_ERROR);
    let only: Vec<String> = previous
        .results
        .iter()
        .filter(|result| is_retryable(result, warn_error))
        .map(|result| result.unique_id.clone())
        .filter(|unique_id| !unique_id.starts_with("operation."))
        .collect();
    if command == Subcommand::RunOperation {
        return if only.is_empty() { Ok(Outcome::Success) } else { super::run_operation::run(&again) };
    }
    let batches: HashMap<_, _> = previous
        .results
        .iter()
        .filter_map(|result| {
            let batches = result.batch_results.clone()?;
            // without any that went well, the model's first run is to be repeated as such
            let resumable = !batches.failed.is_empty() && !batches.successful.is_empty();
            resumable.then(|| (result.unique_id.clone(), batches))
        })
        .collect();
    let overloads: HashMap<_, _> = previous
        .results
        .iter()
        .filter_map(|result| {
            let overloads = result.overload_results.clone()?;
            (!overloads.failed.is_empty()).then(|| (result.unique_id.clone(), overloads))
        })
        .collect();
    let started_at = previous.metadata.invocation_started_at;
    let previous = PreviousRun { started_at, batches, overloads };
    run_nodes(&again, Retried { only: Some(only), previous })
}

/// The results are those of a run before that one.
fn unfinished(begun: &Begun, is_at_work: bool) -> Diagnostic {
    let Begun { command, begun_at } = begun;
    let what = format!("`{command}`, begun at {}", begun_at.strftime("%Y-%m-%d %H:%M:%S UTC"));
    if is_at_work {
        return Diagnostic::runtime("run-in-progress", format!("{what}, is still at work"))
            .help("wait for it to end");
    }
    let message =
        format!("{what}, ended before it wrote its results: which of its nodes are done is not known");
    let what = if command.contains(" retry") { "the command that it retried" } else { "the command itself" };
    Diagnostic::runtime("run-without-results", message).help(format!(
        "run {what} again, without the nodes that `logs/dbt.log` shows as done if they append rows"
    ))
}

fn is_retryable(result: &NodeResult, warn_error: bool) -> bool {
    match result.status {
        Status::Error | Status::Fail | Status::Skipped | Status::RuntimeError | Status::PartialSuccess => {
            true
        }
        Status::Warn => warn_error,
        _ => false,
    }
}

/// The last run's arguments, under those of this call.
fn given(invocation: &Invocation, previous: &PreviousResults) -> Map<String, Json> {
    let mut given: Map<String, Json> = previous
        .args
        .iter()
        .filter(|(name, value)| !NOT_INHERITED.contains(&name.as_str()) && !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    // the nodes are known: selecting them anew could only differ
    for key in [SELECT.0.key, EXCLUDE.0.key, SELECTOR.0.key, MODELS.0.key] {
        given.remove(key);
    }
    // the two exclude each other
    if invocation.given.contains_key(WARN_ERROR.0.key) {
        given.remove(WARN_ERROR_OPTIONS.0.key);
    }
    for (name, value) in &invocation.given {
        given.insert(name.clone(), value.clone());
    }
    given
}
