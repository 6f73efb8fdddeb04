//! A node on its way: what its file says, before properties and project configs are merged in.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::diagnostic::{Result, Span};
use crate::jinja::Recorded;
use crate::manifest::Node;

#[derive(Debug)]
pub(super) struct Draft {
    /// Its own until the manifest takes it over; behind an `Arc` since it is large and often handed on.
    pub(super) node: Arc<Node>,
    /// The file, and the code in it.
    pub(super) code: Option<Span>,
    /// The file's own `config()`.
    pub(super) calls: Map<String, Json>,
    /// The properties file's `config:`, as rendered and as written.
    pub(super) properties: Map<String, Json>,
    pub(super) properties_written: Map<String, Json>,
    /// Where the properties file speaks of it.
    pub(super) patched_at: Option<Span>,
    /// dbt: the config of a node that another package describes is merged as that package's own would be.
    pub(super) described_by: Option<String>,
}

impl Draft {
    pub(super) fn new(node: impl Into<Arc<Node>>, code: Option<Span>) -> Self {
        Self {
            node: node.into(),
            code,
            calls: Map::new(),
            properties: Map::new(),
            properties_written: Map::new(),
            patched_at: None,
            described_by: None,
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
        node.refs.extend(recorded.refs);
        node.sources.extend(recorded.sources);
        node.metrics.extend(recorded.metrics);
        node.functions.extend(recorded.functions);
        for unique_id in recorded.macros {
            node.depends_on.add_macro(&unique_id);
        }
        crate::config::node_config::merge_calls(&mut self.calls, &recorded.config)
    }
}
