//! What an unfinished interval of a job has done, and from where it continues.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::lease::Lease;
use super::ledger::{Ledger, text};
use crate::diagnostic::Result;
use crate::graph::Graph;
use crate::hashed::HashSet;

/// Where the next attempt begins.
pub(crate) struct Progress {
    /// The steps that earlier attempts have done.
    pub done: HashSet<usize>,
    /// Nodes that have committed and whose code has changed since: these and what follows them run again.
    pub changed: Vec<String>,
}

impl Ledger {
    /// What is built from other code than the project's is forgotten, with all that depends on it, and the steps from there on. So is what comes after
    /// a step that is new. `steps`: their keys, in order; `code`: of a node in a step.
    pub(crate) fn progress(
        &mut self,
        task: &str,
        logical_time: Timestamp,
        steps: &[u32],
        graph: &Graph,
        code: &dyn Fn(usize, &str) -> Option<String>,
    ) -> Result<Progress> {
        let query = "select step::text, node, code from rsdbt.progress where role = current_user and project = $1 \
             and schema_name = $2 and task = $3 and logical_time = $4::timestamptz";
        let time = logical_time.to_string();
        let rows = self.connection.query(query, &[&self.project, &self.schema, task, &time])?.rows;
        let (mut done, mut changed) = (HashSet::default(), BTreeSet::new());
        let (mut first, mut last) = (usize::MAX, 0);
        for row in &rows {
            let step: Option<u32> = text(row, 0).and_then(|step| step.parse().ok());
            let Some(at) = steps.iter().position(|known| Some(*known) == step) else { continue };
            let (id, known) = (text(row, 1).unwrap_or_default(), text(row, 2).unwrap_or_default());
            last = last.max(at);
            if id.is_empty() {
                done.insert(at);
            } else if !known.is_empty() && code(at, id).is_some_and(|code| code != known) {
                first = first.min(at);
                changed.insert(id.to_owned());
            }
        }
        if !changed.is_empty() {
            let from = steps.get(first..).unwrap_or_default();
            self.forget_steps(task, logical_time, from, Some(&affected(&changed, graph)))?;
            done.retain(|step| *step < first);
        }
        let open = (0..steps.len()).find(|step| !done.contains(step)).unwrap_or(steps.len());
        if open < last {
            self.forget_steps(task, logical_time, &steps[open + 1..], None)?;
            done.retain(|step| *step < open);
        }
        Ok(Progress { done, changed: changed.into_iter().collect() })
    }

    /// Of the nodes that are named, or of all.
    fn forget_steps(
        &mut self,
        task: &str,
        logical_time: Timestamp,
        steps: &[u32],
        nodes: Option<&BTreeSet<String>>,
    ) -> Result<()> {
        let statement = "delete from rsdbt.progress where role = current_user and project = $1 and schema_name = $2 \
             and task = $3 and logical_time = $4::timestamptz and step in (select json_array_elements_text($5::json)::int) \
             and (node = '' or $7 = 'all' or node in (select json_array_elements_text($6::json)))";
        let listed = serde_json::to_string(&nodes.cloned().unwrap_or_default()).unwrap_or_default();
        let (time, which) = (logical_time.to_string(), if nodes.is_none() { "all" } else { "these" });
        let steps = serde_json::to_string(steps).unwrap_or_default();
        let given = [&self.project, &self.schema, task, &time, &steps, &listed, which];
        self.connection.query(statement, &given).map(drop)
    }

    pub(crate) fn note_step(&mut self, task: &str, logical_time: Timestamp, step: u32) -> Result<()> {
        let lease = Lease { step, ..self.lease(task, logical_time) };
        self.connection.query(&lease.marker("", ""), &[]).map(drop)
    }

    /// The nodes that an interval has committed so far.
    pub(crate) fn committed(&mut self, task: &str, logical_time: Timestamp) -> Result<HashSet<String>> {
        let query = "select node from rsdbt.progress where role = current_user and project = $1 and schema_name = $2 \
             and task = $3 and logical_time = $4::timestamptz and node <> ''";
        let time = logical_time.to_string();
        let rows = self.connection.query(query, &[&self.project, &self.schema, task, &time])?.rows;
        Ok(rows.iter().filter_map(|row| Some(text(row, 0)?.to_owned())).collect())
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
