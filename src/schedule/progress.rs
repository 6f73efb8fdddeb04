//! What an unfinished interval of a job has done, and from where it continues.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::lease::Lease;
use super::ledger::{Ledger, text};
use crate::diagnostic::Result;
use crate::graph::Graph;
use crate::hashed::HashSet;
use crate::manifest::{Manifest, code};

/// Where the next attempt begins.
pub(crate) struct Progress {
    /// The steps that earlier attempts have done.
    pub done: HashSet<usize>,
    /// Nodes that have committed and whose code has changed since: these and what follows them run again.
    pub changed: Vec<String>,
}

impl Ledger {
    /// What is built from other code than the project's is forgotten, with all that depends on it, and the steps from there on.
    pub(crate) fn progress(
        &mut self,
        task: &str,
        logical_time: Timestamp,
        manifest: &Manifest,
        graph: &Graph,
    ) -> Result<Progress> {
        let query = "select step::text, node, code from rsdbt.progress where role = current_user and project = $1 \
             and schema_name = $2 and task = $3 and logical_time = $4::timestamptz";
        let time = logical_time.to_string();
        let rows = self.connection.query(query, &[&self.project, &self.schema, task, &time])?.rows;
        let (mut done, mut changed) = (HashSet::default(), BTreeSet::new());
        let mut first = usize::MAX;
        for row in &rows {
            let step: usize = text(row, 0).and_then(|step| step.parse().ok()).unwrap_or_default();
            let (id, known) = (text(row, 1).unwrap_or_default(), text(row, 2).unwrap_or_default());
            match manifest.nodes.get(id) {
                _ if id.is_empty() => drop(done.insert(step)),
                Some(node) if !known.is_empty() && known != code(manifest, node) => {
                    first = first.min(step);
                    changed.insert(id.to_owned());
                }
                _ => {}
            }
        }
        if !changed.is_empty() {
            self.forget_from(task, logical_time, first, &affected(&changed, graph))?;
            done.retain(|step| *step < first);
        }
        Ok(Progress { done, changed: changed.into_iter().collect() })
    }

    fn forget_from(
        &mut self,
        task: &str,
        logical_time: Timestamp,
        step: usize,
        nodes: &BTreeSet<String>,
    ) -> Result<()> {
        let statement = "delete from rsdbt.progress where role = current_user and project = $1 and schema_name = $2 \
             and task = $3 and logical_time = $4::timestamptz and step >= $5::int \
             and (node = '' or node in (select json_array_elements_text($6::json)))";
        let nodes = serde_json::to_string(nodes).unwrap_or_default();
        let (time, step) = (logical_time.to_string(), step.to_string());
        self.connection.query(statement, &[&self.project, &self.schema, task, &time, &step, &nodes]).map(drop)
    }

    pub(crate) fn note_step(&mut self, task: &str, logical_time: Timestamp, step: usize) -> Result<()> {
        let lease = Lease { step, ..self.lease(task, logical_time) };
        self.connection.query(&lease.marker("", ""), &[]).map(drop)
    }

    /// An interval that is done needs no record of its parts.
    pub(crate) fn forget_progress(&mut self, task: &str, logical_time: Timestamp) -> Result<()> {
        let statement = "delete from rsdbt.progress where role = current_user and project = $1 and schema_name = $2 \
             and task = $3 and logical_time = $4::timestamptz";
        let time = logical_time.to_string();
        self.connection.query(statement, &[&self.project, &self.schema, task, &time]).map(drop)
    }
}

/// The nodes, and all that depend on them.
pub(crate) fn affected(changed: &BTreeSet<String>, graph: &Graph) -> BTreeSet<String> {
    let mut affected = changed.clone();
    for id in changed {
        affected.extend(graph.descendants(id, None).iter().map(|at| graph.id_at(at).to_owned()));
    }
    affected
}
