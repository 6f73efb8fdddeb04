//! `--defer`: refs to nodes that this target lacks lead to the relations of the state manifest.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Result};
use crate::hashed::{HashMap, HashSet};
use crate::manifest::{Manifest, Node, NodeKind};

/// The state's counterparts of this project's nodes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Deferral {
    relations: HashMap<String, Arc<Node>>,
    favor_state: bool,
    selected: HashSet<String>,
}

impl Deferral {
    /// `selected` are the nodes of this run.
    pub(crate) fn new(current: &Manifest, state: &Manifest, selected: &[String], favor: Favor) -> Self {
        let known = |id: &String| current.nodes.contains_key(id) || current.functions.contains_key(id);
        let is_deferrable = |node: &Node| match node.kind {
            NodeKind::Function(_) => true,
            _ => node.is_refable() && node.materialized() != "ephemeral",
        };
        let both = state.nodes.iter().chain(&state.functions);
        Self {
            relations: both
                .filter(|(id, node)| known(id) && is_deferrable(node))
                .map(|(id, node)| (id.clone(), Arc::clone(node)))
                .collect(),
            favor_state: favor == Favor::State,
            selected: selected.iter().cloned().collect(),
        }
    }

    /// The state's node in whose relation a ref ends, if it is to end there. `exists` tells whether the
    /// target's own relation is in the database.
    pub(crate) fn target(&self, unique_id: &str, exists: impl FnOnce() -> bool) -> Option<&Arc<Node>> {
        let node = self.relations.get(unique_id)?;
        let favored = self.favor_state && !self.selected.contains(unique_id);
        (favored || !exists()).then_some(node)
    }

    /// The state's node whatever the target has, for `clone` and `defer_relation`.
    pub(crate) fn counterpart(&self, unique_id: &str) -> Option<&Arc<Node>> {
        self.relations.get(unique_id)
    }
}

/// `--favor-state`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Favor {
    #[default]
    Target,
    State,
}

impl super::PreviousState {
    /// The manifest to defer to; there must be one.
    pub(crate) fn manifest_to_defer_to(&self, path: &std::path::Path) -> Result<&Manifest> {
        self.manifest.as_ref().ok_or_else(|| {
            Diagnostic::runtime(
                "missing-state",
                format!("Could not find manifest in --state path: \"{}\"", path.display()),
            )
            .help("give the directory of a manifest.json with `--state` or `--defer-state`")
            .boxed()
        })
    }
}
