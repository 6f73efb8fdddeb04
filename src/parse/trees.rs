//! Whose config is asked for, in the words of [`NodeConfigs`].

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::ParseRequest;
use crate::config::Configurable;
use crate::config::node_config::{ConfigInputs, NodeConfigs};
use crate::diagnostic::Result;
use crate::manifest::{Node, NodeKind};

/// The configs of all projects' trees.
pub(super) struct ConfigTrees<'a>(NodeConfigs<'a>);

impl<'a> ConfigTrees<'a> {
    pub(super) fn new(request: &'a ParseRequest<'a>) -> Self {
        let root = &request.project.root.file;
        Self(NodeConfigs::new(root, request.project.packages.iter().map(|package| &package.file)))
    }

    /// The resolved config of something that dbt_project.yml can configure.
    pub(super) fn resolve(
        &self,
        of: &ConfigOf<'_>,
        properties: &Map<String, Json>,
        calls: &Map<String, Json>,
    ) -> Result<Arc<Map<String, Json>>> {
        self.0.build(of.inputs(properties, calls))
    }

    /// The config as it was written: dbt's `unrendered_config`.
    pub(super) fn written(
        &self,
        of: &ConfigOf<'_>,
        properties: &Map<String, Json>,
        calls: &Map<String, Json>,
    ) -> Map<String, Json> {
        self.0.build_unrendered(of.inputs(properties, calls))
    }
}

/// Whose config it is.
pub(super) struct ConfigOf<'a> {
    pub(super) resource: Configurable,
    pub(super) package: &'a str,
    pub(super) fqn: &'a [String],
}

impl<'a> ConfigOf<'a> {
    pub(super) fn node(node: &'a Node) -> Self {
        Self { resource: resource_type(node), package: &node.package_name, fqn: &node.fqn }
    }

    fn inputs<'i>(
        &'i self,
        properties: &'i Map<String, Json>,
        calls: &'i Map<String, Json>,
    ) -> ConfigInputs<'i> {
        ConfigInputs {
            resource: self.resource,
            package: self.package,
            fqn: self.fqn,
            properties: Some(properties),
            in_file: Some(calls),
        }
    }
}

pub(super) fn resource_type(node: &Node) -> Configurable {
    match node.kind {
        NodeKind::Model(_) => Configurable::Model,
        NodeKind::Seed { .. } => Configurable::Seed,
        NodeKind::Snapshot => Configurable::Snapshot,
        NodeKind::SingularTest | NodeKind::GenericTest(_) => Configurable::Test,
        NodeKind::Function(_) => Configurable::Function,
        NodeKind::Analysis => Configurable::Analysis,
        NodeKind::Operation { .. } | NodeKind::SqlOperation => Configurable::Operation,
    }
}
