//! `--openlineage FILE`: what was built, as OpenLineage events, one JSON line each.

use std::fmt::Write as _;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::artifact;
use super::connect::Connect;
use super::session::Session;
use crate::diagnostic::{Diagnostic, Result};
use crate::docs::column_graph::ColumnGraph;
use crate::docs::open_lineage::{EventType, Run, event};
use crate::docs::trace_manifest;
use crate::run::{NodeResult, Status};

/// Reads the compiled manifest that the run has written.
pub(super) fn write(
    file: &str,
    session: &Session<'_>,
    connect: &Connect,
    results: &[NodeResult],
) -> Result<()> {
    let Some(manifest) = artifact::read(&session.target_directory.join("manifest.json"))? else {
        return Ok(());
    };
    let catalog = artifact::read(&session.target_directory.join("catalog.json"))?;
    let columns =
        ColumnGraph::new(&trace_manifest(&manifest, catalog.as_ref(), session.profile.threads.max(2)));
    let namespace = format!("postgres://{}:{}", connect.settings.host, connect.settings.port);
    let project = manifest["metadata"]["project_name"].as_str().unwrap_or_default();
    let mut lines = String::new();
    for result in results.iter().filter(|result| is_built(&result.unique_id)) {
        let end = match result.status {
            Status::Success => EventType::Complete,
            Status::Error | Status::PartialSuccess => EventType::Fail,
            _ => continue,
        };
        let run_id = run_id(&session.invocation.id, &result.unique_id);
        let (Some(first), Some(last)) = (result.timing.first(), result.timing.last()) else { continue };
        let error = result.message.as_deref().filter(|_| end == EventType::Fail);
        for (kind, time, error) in
            [(EventType::Start, first.started_at, None), (end, last.completed_at, error)]
        {
            let run = Run {
                run_id: &run_id,
                time: &time.to_string(),
                dataset_namespace: &namespace,
                job_namespace: project,
                error,
            };
            if let Some(event) = event(&manifest, &columns, &result.unique_id, kind, run) {
                let _ = writeln!(lines, "{event}");
            }
        }
    }
    std::fs::write(Path::new(file), lines).map_err(|error| {
        Diagnostic::runtime("unwritable-file", format!("cannot write {file}: {error}")).boxed()
    })
}

fn is_built(unique_id: &str) -> bool {
    ["model.", "seed.", "snapshot."].iter().any(|kind| unique_id.starts_with(kind))
}

/// The same UUID for the events of one node in one invocation.
fn run_id(invocation: &str, unique_id: &str) -> String {
    let hash = Sha256::digest(format!("{invocation}\n{unique_id}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    // version 8: made by a rule of one's own
    uuid::Uuid::new_v8(bytes).to_string()
}
