//! In which connection a node's relation lives (its home), and in which its query runs (its site): that of all its inputs.

use serde_json::Value as Json;

use super::{Config, Manifest, Node, NodeKind, Resource};
use crate::hashed::HashSet;

/// The connection that a config names; none is the target itself.
pub(crate) fn connection_of(config: &Config) -> Option<&str> {
    config.get("connection").and_then(Json::as_str)
}

impl Manifest {
    /// Where the relation of a node or a source lives. What has no relation of its own is where its inputs are.
    pub(crate) fn home<'m>(&'m self, resource: Resource<'m>) -> Option<&'m str> {
        match resource {
            Resource::Node(node) if follows_inputs(node) => self.site(node),
            Resource::UnitTest(test) => {
                let tested = test.depends_on.nodes.first().and_then(|id| self.nodes.get(id));
                tested.and_then(|node| self.site(node))
            }
            other => connection_of(other.config()),
        }
    }

    /// Where the query of a node runs: where its inputs are, or at home if it has none.
    pub(crate) fn site<'m>(&'m self, node: &'m Node) -> Option<&'m str> {
        let first = self.inputs(node).into_iter().next();
        first.map_or_else(|| connection_of(&node.config), |input| connection_of(input.config()))
    }

    /// What the query of a node reads: its parents, and those of the ephemeral models among them.
    pub(crate) fn inputs<'m>(&'m self, node: &'m Node) -> Vec<Resource<'m>> {
        let mut inputs = Vec::new();
        let mut seen: HashSet<&str> = HashSet::default();
        let mut open: Vec<&str> = node.depends_on.nodes.iter().rev().map(String::as_str).collect();
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            match self.resource(id) {
                Some(Resource::Node(parent)) if parent.is_ephemeral_model() => {
                    open.extend(parent.depends_on.nodes.iter().rev().map(String::as_str));
                }
                Some(resource @ (Resource::Node(_) | Resource::Source(_))) => inputs.push(resource),
                _ => {}
            }
        }
        inputs
    }
}

/// What has no relation, or one that exists for its query only.
fn follows_inputs(node: &Node) -> bool {
    node.is_test()
        || node.is_ephemeral_model()
        || matches!(node.kind, NodeKind::Analysis | NodeKind::SqlOperation)
}
