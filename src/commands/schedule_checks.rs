//! What of the schedule cannot work: told where it is written, and not only at night.

use jiff::SignedDuration;

use super::scheduler::plan_of;
use super::session::{ParsedProject, Session};
use crate::config::jobs::{JobAction, JobStep};
use crate::diagnostic::{Diagnostic, Result};
use crate::graph::{EmptyNodes, IndirectSelection, SelectionRequest};
use crate::manifest::ResourceType;
use crate::schedule::{Task, Work};

/// These select what has changed, or what ended in some way: that may be nothing.
const MAY_BE_EMPTY: [&str; 3] = ["state:", "result:", "source_status:"];

pub(super) fn may_be_empty(words: &[String]) -> bool {
    words.iter().any(|word| MAY_BE_EMPTY.iter().any(|method| word.contains(method)))
}

pub(super) fn warn(session: &Session<'_>, parsed: &ParsedProject) -> Result<()> {
    warn_of_empty_steps(session, parsed)?;
    // what is wrong with a schedule stops the commands that follow it
    let tasks = plan_of(session, parsed).map(|planned| planned.tasks).unwrap_or_default();
    for task in &tasks {
        for upstream in &task.schedule.upstream_dependencies {
            let Some(other) = tasks.iter().find(|other| other.name == upstream.dag_id) else { continue };
            if task.never_meets(other, upstream) {
                let when = match SignedDuration::from_secs(upstream.timedelta_seconds) {
                    SignedDuration::ZERO => "at the same time".to_owned(),
                    earlier => format!("{earlier:#} earlier"),
                };
                let message = format!(
                    "no interval of `{}` ({}) begins when `{}` ({}) needs it, {when}",
                    other.name, other.cron, task.name, task.cron
                );
                let warning = Diagnostic::warning("UnmetDependency", message)
                    .help("give the dependency the `offset` to the beginning of an interval");
                session.invocation.emitter.warn(warning)?;
            }
        }
    }
    Ok(())
}

/// What other variables would enable is not known here.
fn warn_of_empty_steps(session: &Session<'_>, parsed: &ParsedProject) -> Result<()> {
    for resolved in parsed.jobs.iter() {
        for step in resolved.job.steps.iter().filter(|step| step.vars.is_empty()) {
            let Some(selected) = selection(session, parsed, step)? else { continue };
            if selected.is_empty() {
                let message =
                    format!("the step `{}` of job `{}` selects nothing", step.title(), resolved.job.name);
                let warning = Diagnostic::warning("EmptyJobStep", message)
                    .label(step.place.clone(), "")
                    .help("name nodes that exist and are enabled, or remove the step");
                session.invocation.emitter.warn(warning)?;
            }
        }
    }
    Ok(())
}

/// The nodes that a task builds.
pub(super) fn built_by(session: &Session<'_>, parsed: &ParsedProject, task: &Task) -> Result<Vec<String>> {
    let Work::Job(job) = &task.work else { return Ok(vec![task.unique_id.clone()]) };
    let mut built = Vec::new();
    for step in job.steps.iter().filter(|step| step.builds()) {
        built.extend(
            selection(session, parsed, step)?
                .unwrap_or_else(|| parsed.manifest.nodes.keys().cloned().collect()),
        );
    }
    Ok(built)
}

/// The nodes that a step selects by name.
fn selection(session: &Session<'_>, parsed: &ParsedProject, step: &JobStep) -> Result<Option<Vec<String>>> {
    let JobAction::Command { name, options } = &step.action else { return Ok(None) };
    let words = |option: &str| -> Vec<String> {
        let given = options.windows(2).find(|pair| pair[0] == option);
        given.map(|pair| pair[1].split_whitespace().map(str::to_owned).collect()).unwrap_or_default()
    };
    let (include, exclude, selector) = (words("--select"), words("--exclude"), words("--selector"));
    if include.is_empty() && selector.is_empty() || may_be_empty(&include) {
        return Ok(None);
    }
    let request = SelectionRequest {
        include,
        exclude,
        selector: selector.into_iter().next(),
        indirect: IndirectSelection::Eager,
        resource_types: resource_types(name),
        empty_nodes: EmptyNodes::Keep,
    };
    Ok(Some(session.select_by(parsed, &request)?.unique_ids))
}

fn resource_types(step: &str) -> Vec<ResourceType> {
    use ResourceType::{
        Exposure, Function, Model, SavedQuery, Seed, SemanticModel, Snapshot, Source, Test, UnitTest,
    };
    match step {
        "run" => vec![Model],
        "test" => vec![Test, UnitTest],
        "seed" => vec![Seed],
        "snapshot" => vec![Snapshot],
        "source freshness" | "load" => vec![Source],
        // sources are filled where they are asked for
        _ => {
            vec![Model, Seed, Snapshot, Test, UnitTest, Exposure, SavedQuery, Function, SemanticModel, Source]
        }
    }
}
