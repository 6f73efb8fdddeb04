//! What a run does differently when it is a step of a job: it leaves out what earlier attempts have committed, each node
//! commits a mark with its work, and nothing is committed once another process has taken charge of the schedule.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::connect::Connect;
use super::invocation::Invocation;
use super::session::{Parsed, Session};
use crate::adapter::Connection;
use crate::diagnostic::{Diagnostic, Result};
use crate::manifest::{Manifest, NodeKind, code, connection_of};
use crate::options::table::{INTERVAL_END, INTERVAL_START};
use crate::run::RunOptions;
use crate::schedule::{LEASE, Lease};

/// A job has a timeout of its own.
const LOCK_WAIT: Duration = Duration::from_hours(24);

pub(super) struct Leased(Lease);

impl Leased {
    /// `None` if nobody has leased anything to this process.
    pub(super) fn of(invocation: &Invocation) -> Result<Option<Self>> {
        let Some(text) = invocation.environment.get(LEASE) else { return Ok(None) };
        serde_json::from_str(text).map(|lease| Some(Self(lease))).map_err(|error| {
            Diagnostic::runtime("lease", format!("{LEASE} is not a lease: {error}"))
                .help("it is set by `rsdbt schedule` for the steps of a job, and by nobody else")
                .boxed()
        })
    }

    /// Of what is selected, what earlier attempts have committed, and what is left.
    pub(super) fn done_and_left(&self, connect: &Connect, selected: &[String]) -> Result<[Vec<String>; 2]> {
        let mut connection = Connection::open(&Arc::new(connect.settings.clone()))?;
        let done = self.0.done(&mut connection)?;
        let (done, left) = selected.iter().cloned().partition(|unique_id| done.contains(unique_id));
        Ok([done, left])
    }

    /// A node of another output would commit its mark there, where nobody looks for it: it is built again.
    pub(super) fn mark(&self, session: &Session<'_>, parsed: &Parsed, selected: &[String]) -> Parsed {
        let marker = |unique_id: &String| {
            let node = parsed.manifest.nodes.get(unique_id);
            let code = node.map_or_else(String::new, |node| code(&parsed.manifest, node));
            self.0.marker(unique_id, &code)
        };
        let is_here = |unique_id: &&String| {
            let node = parsed.manifest.nodes.get(*unique_id);
            let connection = node.and_then(|node| connection_of(&node.config));
            session.output_of(connection) == session.profile.target_name
        };
        let selected = selected.iter().filter(is_here);
        let statements: Vec<(&str, String)> =
            selected.map(|unique_id| (unique_id.as_str(), marker(unique_id))).collect();
        with_post_hooks(parsed, &statements)
    }

    pub(super) fn bind(&self, invocation: &Invocation, options: &mut RunOptions, done: Vec<String>) {
        options.proof = Some(self.0.proof());
        options.done_before = done;
        options.lock_wait = LOCK_WAIT;
        let flags = &invocation.flags;
        if let (Some(start), Some(end)) = (flags.text(&INTERVAL_START), flags.text(&INTERVAL_END)) {
            options.event_time = [Some(start.to_owned()), Some(end.to_owned())];
        }
    }
}

/// The project with one more statement in the transactions of nodes: a mark that their work is done, and all of it.
pub(super) fn with_post_hooks(parsed: &Parsed, statements: &[(&str, String)]) -> Parsed {
    let mut manifest = Manifest::clone(&parsed.manifest);
    for (unique_id, statement) in statements {
        let builds =
            |kind: &NodeKind| matches!(kind, NodeKind::Model(_) | NodeKind::Seed { .. } | NodeKind::Snapshot);
        let Some(node) = manifest.nodes.get_mut(*unique_id).filter(|node| builds(&node.kind)) else {
            continue;
        };
        let hooks = Arc::make_mut(node).config_mut().entry("post-hook").or_insert_with(|| json!([]));
        if let Json::Array(hooks) = hooks {
            hooks.push(json!({"sql": statement, "transaction": true, "index": null, "mark": true}));
        }
    }
    Parsed {
        manifest: Arc::new(manifest),
        graph: Arc::clone(&parsed.graph),
        kept: Arc::clone(&parsed.kept),
        jobs: Arc::clone(&parsed.jobs),
    }
}
