//! What a run does differently when it is a step of a job: it leaves out what earlier attempts have committed, each node
//! commits a mark with its work, and nothing is committed once another process has taken charge of the schedule.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::connect::Connect;
use super::homes::Homes;
use super::invocation::Invocation;
use super::session::{ParsedProject, Session};
use super::table_rows::has_rows;
use crate::adapter::Connection;
use crate::diagnostic::{Diagnostic, Result};
use crate::hashed::{HashMap, HashSet};
use crate::manifest::{Manifest, Node, NodeKind, SourceDefinition, code, connection_of};
use crate::options::JOB_LEASE;
use crate::run::{RunOptions, Terms};
use crate::schedule::{Lease, affected};

/// A job has a timeout of its own.
const LOCK_WAIT: Duration = Duration::from_hours(24);

pub(super) struct Leased {
    /// By output: each database has a record of what was committed there.
    leases: HashMap<String, Lease>,
    /// Where each node lives.
    outputs: HashMap<String, String>,
    /// What earlier attempts have committed, from the project's code as it is.
    done: HashSet<String>,
    codes: HashMap<String, String>,
}

impl Leased {
    /// `None` if nobody has leased anything to this process.
    pub(super) fn of(
        invocation: &Invocation,
        session: &Session<'_>,
        connect: &Connect,
        parsed: &ParsedProject,
        selected: &[String],
    ) -> Result<Option<Self>> {
        let Some(text) = invocation.environment.get(JOB_LEASE) else { return Ok(None) };
        let lease: Lease = serde_json::from_str(text).map_err(|error| {
            Diagnostic::runtime("lease", format!("{JOB_LEASE} is not a lease: {error}"))
                .help("it is set by `rsdbt schedule` for the steps of a job, and by nobody else")
                .boxed()
        })?;
        let manifest = &parsed.manifest;
        let built = selected.iter().filter_map(|id| manifest.nodes.get(id)).filter(|node| is_marked(node));
        let own = session.profile.target_name.as_str();
        let mut leased = Self {
            leases: HashMap::default(),
            outputs: HashMap::default(),
            done: HashSet::default(),
            codes: HashMap::default(),
        };
        for node in built {
            let output = session.output_of(connection_of(&node.config));
            leased.outputs.insert(node.unique_id.clone(), output.to_owned());
            leased.codes.insert(node.unique_id.clone(), code(manifest, node, &parsed.vars));
        }
        let loaded = selected.iter().filter_map(|id| manifest.sources.get(id));
        for source in loaded.filter(|source| is_read_once(source)) {
            let output = session.output_of(connection_of(&source.config));
            leased.outputs.insert(source.unique_id.clone(), output.to_owned());
        }
        leased.read(lease, own, connect, parsed)?;
        Ok(Some(leased))
    }

    fn read(&mut self, lease: Lease, own: &str, connect: &Connect, parsed: &ParsedProject) -> Result<()> {
        let mut homes = Homes::new(connect);
        let elsewhere: BTreeSet<&String> = self.outputs.values().filter(|output| *output != own).collect();
        let mut leases = HashMap::from_iter([(own.to_owned(), lease.clone())]);
        for output in elsewhere {
            let record = lease.record(homes.session(own)?)?;
            leases.insert(output.clone(), lease.enter(&record, homes.session(output)?)?);
        }
        let mut changed = BTreeSet::new();
        for (output, lease) in &leases {
            let home = homes.session(output)?;
            for (node, known) in lease.done(home)? {
                let is_same = |code: &String| known.is_empty() || *code == known;
                let is_there = match (parsed.manifest.nodes.get(&node), parsed.manifest.sources.get(&node)) {
                    (Some(node), _) => has_relation(home, node)?,
                    (None, Some(source)) => has_table(home, &source.schema, &source.identifier)?,
                    (None, None) => true,
                };
                if is_there && self.codes.get(&node).is_none_or(is_same) {
                    self.done.insert(node);
                } else {
                    changed.insert(node);
                }
            }
        }
        if !changed.is_empty() {
            let again = affected(&changed, &parsed.graph);
            for (output, lease) in &leases {
                lease.forget(homes.session(output)?, &again)?;
            }
            self.done.retain(|node| !again.contains(node));
        }
        self.leases = leases;
        Ok(())
    }

    /// Of what is selected, what earlier attempts have committed, and what is left.
    pub(super) fn done_and_left(&self, selected: &[String]) -> [Vec<String>; 2] {
        let (done, left) = selected.iter().cloned().partition(|unique_id| self.done.contains(unique_id));
        [done, left]
    }

    pub(super) fn mark(&self, parsed: &ParsedProject, selected: &[String]) -> ParsedProject {
        let marker = |unique_id| Some((unique_id, self.marker(unique_id)?));
        let statements: Vec<(&str, String)> =
            selected.iter().map(String::as_str).filter_map(marker).collect();
        with_hooks(parsed, "post-hook", &statements)
    }

    pub(super) fn bind(&self, options: &mut RunOptions, done: Vec<String>) {
        let proofs = self.leases.iter().map(|(output, lease)| (output.clone(), lease.proof()));
        let marks = self.outputs.keys().filter_map(|id| Some((id.clone(), self.marker(id)?)));
        let load_marks = marks.filter(|(id, _)| id.starts_with("source.")).collect();
        options.terms =
            Terms { lock_wait: LOCK_WAIT, proofs: proofs.collect(), done_before: done, load_marks };
    }

    fn marker(&self, unique_id: &str) -> Option<String> {
        let lease = self.leases.get(self.outputs.get(unique_id)?)?;
        Some(lease.marker(unique_id, self.codes.get(unique_id).map_or("", String::as_str)))
    }
}

/// Of nodes that have committed in the target's database, those that nobody finds any more, or finds empty.
pub(super) fn gone(
    connect: &Connect,
    manifest: &Manifest,
    output: &str,
    committed: HashSet<String>,
) -> Result<HashSet<String>> {
    let mut homes = Homes::new(connect);
    let mut gone = HashSet::default();
    for id in committed {
        let Some(node) = manifest.nodes.get(&id) else { continue };
        if !has_relation(homes.session(output)?, node)? {
            gone.insert(id);
        }
    }
    Ok(gone)
}

/// What has committed may have been dropped or emptied since.
fn has_relation(home: &mut Connection, node: &Node) -> Result<bool> {
    if !is_marked(node) {
        return Ok(true);
    }
    Ok(has_table(home, &node.schema, &node.alias)?
        && (node.materialized() != "incremental" || has_rows(home, node)?))
}

fn has_table(home: &mut Connection, schema: &str, name: &str) -> Result<bool> {
    let query = "select from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace \
         where n.nspname = $1::text and c.relname = $2::text";
    Ok(!home.query(query, &[schema, name])?.rows.is_empty())
}

/// What a program prints is loaded each time. Files are known by the ledger, and may come between two attempts.
fn is_read_once(source: &SourceDefinition) -> bool {
    source.config.get("load").is_some_and(|load| load["from"]["command"].is_array())
}

/// Whether the node's transaction can take one more statement.
fn is_marked(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Model(_) | NodeKind::Seed { .. } | NodeKind::Snapshot)
}

/// The project with one more statement in the transactions of nodes, before their work or after it: a mark that it is done, and all of it.
pub(super) fn with_hooks(parsed: &ParsedProject, kind: &str, statements: &[(&str, String)]) -> ParsedProject {
    let mut manifest = Arc::clone(&parsed.manifest);
    for (unique_id, statement) in statements {
        // copied when it is changed first
        let manifest = Arc::make_mut(&mut manifest);
        let Some(node) = manifest.nodes.get_mut(*unique_id).filter(|node| is_marked(node)) else {
            continue;
        };
        let hooks = Arc::make_mut(node).config_mut().entry(kind).or_insert_with(|| json!([]));
        if let Json::Array(hooks) = hooks {
            hooks.push(json!({"sql": statement, "transaction": true, "index": null, "mark": true}));
        }
    }
    ParsedProject {
        manifest,
        graph: Arc::clone(&parsed.graph),
        kept: Arc::clone(&parsed.kept),
        jobs: Arc::clone(&parsed.jobs),
        vars: Arc::clone(&parsed.vars),
    }
}
