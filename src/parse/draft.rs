//! A node on its way: what its file says, before properties and project configs are merged in.

use std::sync::Arc;

use crate::config::node_config::{ConfigMap, merge_calls};
use crate::context::Recorded;
use crate::diagnostic::{Result, Span};
use crate::hashed::HashSet;
use crate::jinja::has_only_literal_calls;
use crate::manifest::{Node, SparseMap};

#[derive(Debug)]
pub(super) struct Draft {
    /// Its own until the manifest takes it over; behind an `Arc` since it is large and often handed on.
    pub(super) node: Arc<Node>,
    /// The file, and the code in it.
    pub(super) code: Option<Span>,
    /// The file's own `config()`.
    pub(super) calls: SparseMap,
    /// The properties file's `config:`, as rendered and as written.
    pub(super) properties: SparseMap,
    pub(super) properties_written: SparseMap,
    /// Where the properties file speaks of it.
    pub(super) patched_at: Option<Span>,
    /// dbt: the config of a node that another package describes is merged as that package's own would be.
    pub(super) described_by: Option<String>,
    /// The function whose overload the file is.
    pub(super) absorbed_by: Option<String>,
}

impl Draft {
    pub(super) fn new(node: impl Into<Arc<Node>>, code: Option<Span>) -> Self {
        Self {
            node: node.into(),
            code,
            calls: SparseMap::default(),
            properties: SparseMap::default(),
            properties_written: SparseMap::default(),
            patched_at: None,
            described_by: None,
            absorbed_by: None,
        }
    }

    pub(super) fn node_mut(&mut self) -> &mut Node {
        Arc::make_mut(&mut self.node)
    }

    /// dbt's locator: `model orders (models/orders.sql)`.
    pub(super) fn locator(&self) -> String {
        self.node.locator()
    }

    pub(super) fn absorb(&mut self, recorded: Recorded) -> Result<()> {
        let node = self.node_mut();
        append(&mut node.refs, recorded.refs);
        append(&mut node.sources, recorded.sources);
        let mut known = HashSet::default();
        let is_repeated = !node.sources.iter().all(|source| known.insert(source.clone()));
        // dbt reads such models without Jinja, and keeps each source once
        if is_repeated
            && node.model().is_some()
            && has_only_literal_calls(&node.raw_code, &["ref", "source", "config"])
        {
            let mut known = HashSet::default();
            node.sources.retain(|source| known.insert(source.clone()));
        }
        node.metrics.extend(recorded.metrics);
        node.functions.extend(recorded.functions);
        for unique_id in recorded.macros {
            node.depends_on.add_macro(&unique_id);
        }
        if self.calls.is_empty() {
            self.calls = recorded.config.into();
            return Ok(());
        }
        merge_calls(&mut self.calls, &recorded.config)
    }

    /// The config of a properties file, as rendered and as written.
    pub(super) fn configure(&mut self, rendered: &ConfigMap, written: &ConfigMap) -> Result<()> {
        if !rendered.is_empty() {
            merge_calls(&mut self.properties, rendered)?;
        }
        if !written.is_empty() {
            self.properties_written.extend(written.clone());
        }
        Ok(())
    }
}

/// Takes over a list as it is where there was none yet.
fn append<T>(list: &mut Vec<T>, mut more: Vec<T>) {
    if list.is_empty() {
        *list = more;
    } else {
        list.append(&mut more);
    }
}
