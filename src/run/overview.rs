//! What a person at a terminal wants to know when a run has ended: what took long, why nodes were skipped, how to go on.

use std::fmt::Write as _;

use super::results::{NodeResult, Status};
use crate::hashed::{HashMap, HashSet, IndexMap};
use crate::manifest::{Manifest, Resource};

const SLOWEST: usize = 5;
/// In seconds: quicker nodes are not worth a line.
const SLOW: f64 = 1.0;
/// Skipped nodes that are named for each failure.
const NAMED: usize = 10;

/// Below an empty line. None where there is nothing to say.
pub(super) fn lines(manifest: &Manifest, results: &[NodeResult]) -> Vec<String> {
    let name = |unique_id: &str| {
        manifest.resource(unique_id).map_or_else(|| unique_id.to_owned(), |it| it.name().to_owned())
    };
    let mut lines = Vec::new();
    let mut slow: Vec<&NodeResult> = results.iter().filter(|result| result.execution_time >= SLOW).collect();
    slow.sort_by(|left, right| right.execution_time.total_cmp(&left.execution_time));
    if results.len() > 1 && !slow.is_empty() {
        lines.push("Slowest:".to_owned());
        let shown = slow.iter().take(SLOWEST);
        lines.extend(shown.map(|it| format!("  {:>8.2}s  {}", it.execution_time, name(&it.unique_id))));
    }
    for (reason, skipped) in skips(manifest, results) {
        let reason = match reason {
            Reason::Failure(unique_id, status) => {
                format!("Skipped because of {} ({})", name(unique_id), status.name())
            }
            Reason::Message("") => "Skipped".to_owned(),
            Reason::Message(message) => message.to_owned(),
        };
        let mut names = skipped.iter().take(NAMED).map(|id| name(id)).collect::<Vec<_>>().join(", ");
        if let more @ 1.. = skipped.len().saturating_sub(NAMED) {
            let _ = write!(names, " and {more} more");
        }
        lines.push(format!("{reason}: {names}"));
    }
    let is_open =
        |it: &NodeResult| it.status.is_failure() || it.status == Status::Skipped && !it.harmless_skip;
    if results.iter().any(is_open) {
        lines.push("To run what failed or was skipped: rsdbt retry".to_owned());
    }
    if !lines.is_empty() {
        lines.insert(0, String::new());
    }
    lines
}

/// Why a node was skipped.
#[derive(PartialEq, Eq, Hash)]
enum Reason<'a> {
    Failure(&'a str, Status),
    Message(&'a str),
}

/// The skipped nodes by what failed above them, or what they say themselves.
fn skips<'a>(manifest: &'a Manifest, results: &'a [NodeResult]) -> IndexMap<Reason<'a>, Vec<&'a str>> {
    let statuses: HashMap<&str, Status> =
        results.iter().map(|result| (result.unique_id.as_str(), result.status)).collect();
    let mut found: IndexMap<Reason<'a>, Vec<&str>> = IndexMap::default();
    for result in results.iter().filter(|result| result.status == Status::Skipped) {
        let failure = failed_above(manifest, &statuses, &result.unique_id);
        let reason = failure.map_or_else(
            || Reason::Message(result.message.as_deref().unwrap_or_default()),
            |(unique_id, status)| Reason::Failure(unique_id, status),
        );
        found.entry(reason).or_default().push(&result.unique_id);
    }
    found
}

fn failed_above<'a>(
    manifest: &'a Manifest,
    statuses: &HashMap<&'a str, Status>,
    unique_id: &'a str,
) -> Option<(&'a str, Status)> {
    let mut open = vec![unique_id];
    let mut seen: HashSet<&str> = HashSet::default();
    while let Some(id) = open.pop() {
        let parents = manifest.resource(id).map(Resource::parents).unwrap_or_default();
        for parent in parents.iter().map(String::as_str).filter(|parent| seen.insert(parent)) {
            match statuses.get(parent) {
                Some(status) if status.is_failure() => return Some((parent, *status)),
                // ephemeral models have no result
                Some(Status::Skipped) | None => open.push(parent),
                Some(_) => {}
            }
        }
    }
    // a failed test skips what is built upon the node that it tests
    let tested = |id: &&str| {
        manifest.resource(id).is_some_and(|test| test.parents().iter().any(|it| seen.contains(it.as_str())))
    };
    let failed = statuses.iter().filter(|(_, status)| **status == Status::Fail);
    failed.map(|(id, status)| (*id, *status)).filter(|(id, _)| tested(id)).min_by_key(|(id, _)| *id)
}
