//! What a backfill builds: the models, and the batches of the time range.

use jiff::{SignedDuration, Timestamp};

use super::built::{is_built_in_parts, is_incremental};
use super::invocation::Invocation;
use super::session::ParsedProject;
use crate::config::duration;
use crate::diagnostic::{Category, Diagnostic, Result, did_you_mean};
use crate::graph::Graph;
use crate::hashed::HashSet;
use crate::manifest::{Manifest, Node, NodeKind};
use crate::options::table::{BATCH, BATCH_MODEL, DOWNSTREAM};

/// More of them are a slip in the range or in the batch.
const MOST_BATCHES: usize = 100_000;

pub(super) struct Models {
    /// Built batch by batch, and remembered by interval.
    pub(super) in_parts: Vec<String>,
    /// Built as a whole with each batch, because something that is built in parts reads them.
    pub(super) between: Vec<String>,
    /// Built as a whole when all batches are done.
    pub(super) last: Vec<String>,
}

impl Models {
    /// The model that the command names, and with `--downstream` those after it.
    pub(super) fn named(invocation: &Invocation, parsed: &ParsedProject) -> Result<Self> {
        let name = invocation.flags.text(&BATCH_MODEL).unwrap_or_default();
        let manifest = &parsed.manifest;
        let model = find(manifest, name)?;
        if !is_incremental(model) {
            let message = format!("`{name}` is a {}: each run builds all of it", model.materialized());
            return Err(usage(message, "a backfill is for incremental models".to_owned()));
        }
        if !is_built_in_parts(manifest, model, &|_| false) {
            let message =
                format!("`{name}` would give all of its rows to each batch: its query asks for no interval");
            let help = "limit its rows by `{{ interval_start }}` and `{{ interval_end }}`, or use the strategy `partition_overwrite` or `microbatch`";
            return Err(usage(message, help.to_owned()));
        }
        let mut models =
            Self { in_parts: vec![model.unique_id.clone()], between: Vec::new(), last: Vec::new() };
        if invocation.flags.is(&DOWNSTREAM) {
            models.add_downstream(manifest, &parsed.graph);
        }
        Ok(models)
    }

    fn add_downstream(&mut self, manifest: &Manifest, graph: &Graph) {
        let below = |id: &str| -> Vec<String> {
            graph.descendants(id, None).iter().map(|at| graph.id_at(at).to_owned()).collect()
        };
        let all: HashSet<String> = below(&self.in_parts[0]).into_iter().collect();
        let is_rebuilt = |id: &str| all.contains(id);
        let in_parts = |id: &String| {
            manifest.nodes.get(id).is_some_and(|node| is_built_in_parts(manifest, node, &is_rebuilt))
        };
        for id in below(&self.in_parts[0]) {
            let is_model =
                |node: &Node| matches!(node.kind, NodeKind::Model(_)) && node.materialized() != "ephemeral";
            if !manifest.nodes.get(&id).is_some_and(|node| is_model(node)) {
                continue;
            }
            if in_parts(&id) {
                self.in_parts.push(id);
            } else if below(&id).iter().any(in_parts) {
                self.between.push(id);
            } else {
                self.last.push(id);
            }
        }
    }

    /// Of the model that the command names.
    pub(super) fn name(&self) -> &str {
        &self.in_parts[0]
    }
}

fn find<'m>(manifest: &'m Manifest, name: &str) -> Result<&'m Node> {
    let models = || manifest.nodes.values().filter(|node| matches!(node.kind, NodeKind::Model(_)));
    models().find(|node| node.name == name || node.unique_id == name).map(|node| &**node).ok_or_else(|| {
        let names = models().map(|node| node.name.as_str());
        let help = did_you_mean(name, names).unwrap_or_else(|| "`rsdbt ls` lists the models".to_owned());
        usage(format!("there is no model named `{name}`"), help)
    })
}

/// The range in pieces of `--batch`; the last one may be shorter.
pub(super) fn batches(invocation: &Invocation, [from, to]: [Timestamp; 2]) -> Result<Vec<[Timestamp; 2]>> {
    let text = invocation.flags.text(&BATCH).unwrap_or("1 day");
    let Some(seconds) = duration::seconds(text).filter(|seconds| *seconds > 0) else {
        let message = format!("`{text}` is not a valid batch");
        return Err(usage(message, "write it as `12 hours`, `1 day` or `1 week`".to_owned()));
    };
    let mut batches = Vec::new();
    let mut start = from;
    while start < to {
        let end = start.checked_add(SignedDuration::from_secs(i64::from(seconds))).unwrap_or(to).min(to);
        batches.push([start, end]);
        if batches.len() > MOST_BATCHES {
            let message = format!("the range has more than {MOST_BATCHES} batches of {text}");
            return Err(usage(message, "give a longer `--batch`, or a shorter range".to_owned()));
        }
        start = end;
    }
    Ok(batches)
}

fn usage(message: String, help: String) -> Box<Diagnostic> {
    Diagnostic::new("backfill", Category::Usage, message).help(help).boxed()
}
