//! The config trees of every dbt_project.yml, ready for look-ups by fqn.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use super::ParseRequest;
use super::draft::Draft;
use crate::config::node_config::{ConfigSources, ConfigTree};
use crate::config::{ResourceType, Yaml};
use crate::manifest::{Node, NodeKind};

type Trees = HashMap<(String, ResourceType), ConfigTree>;

pub(super) struct ConfigTrees {
    root: String,
    rendered: Trees,
    written: Trees,
    empty: ConfigTree,
}

impl ConfigTrees {
    pub(super) fn new(request: &ParseRequest<'_>) -> Self {
        let mut rendered = Trees::new();
        let mut written = Trees::new();
        for package in request.project.all() {
            for resource in ResourceType::WITH_TREE {
                let tree = |yaml: Option<&Yaml>| yaml.map(|yaml| ConfigTree::new(&yaml.to_json()));
                let key = (package.name().to_owned(), resource);
                if let Some(tree) = tree(package.file.trees.get(&resource)) {
                    rendered.insert(key.clone(), tree);
                }
                if let Some(tree) = tree(package.file.unrendered_trees.get(&resource)) {
                    written.insert(key, tree);
                }
            }
        }
        Self { root: request.root_name().to_owned(), rendered, written, empty: ConfigTree::default() }
    }

    fn sources<'a>(&'a self, trees: &'a Trees, node: &ConfigOf<'a>) -> ConfigSources<'a> {
        let tree = |package: &str| {
            trees.get(&(package.to_owned(), node.resource.tree())).unwrap_or(&self.empty)
        };
        ConfigSources {
            resource: node.resource,
            fqn: node.fqn,
            own: tree(node.package),
            root: (node.package != self.root).then(|| tree(&self.root)),
            properties: None,
            calls: None,
        }
    }

    /// The resolved config of something that dbt_project.yml can configure.
    pub(super) fn resolve(
        &self,
        node: &ConfigOf<'_>,
        properties: &Map<String, Json>,
        calls: &Map<String, Json>,
    ) -> Map<String, Json> {
        let sources = ConfigSources {
            properties: Some(properties),
            calls: Some(calls),
            ..self.sources(&self.rendered, node)
        };
        sources.resolve()
    }

    /// The config as it was written: dbt's `unrendered_config`.
    pub(super) fn written(
        &self,
        node: &ConfigOf<'_>,
        properties: &Map<String, Json>,
        calls: &Map<String, Json>,
    ) -> Map<String, Json> {
        let sources = ConfigSources {
            properties: Some(properties),
            calls: Some(calls),
            ..self.sources(&self.written, node)
        };
        sources.written()
    }

    /// The paths of the root project's trees that carry settings.
    pub(super) fn root_paths(&self) -> Vec<(ResourceType, Vec<String>)> {
        let mut found = Vec::new();
        for resource in ResourceType::WITH_TREE {
            if let Some(tree) = self.rendered.get(&(self.root.clone(), resource)) {
                found.extend(tree.paths().into_iter().map(|path| (resource, path)));
            }
        }
        found
    }
}

/// Whose config it is.
pub(super) struct ConfigOf<'a> {
    pub(super) resource: ResourceType,
    pub(super) package: &'a str,
    pub(super) fqn: &'a [String],
}

impl<'a> ConfigOf<'a> {
    pub(super) fn node(node: &'a Node) -> Self {
        Self { resource: resource_type(node), package: &node.package_name, fqn: &node.fqn }
    }

    pub(super) fn draft(draft: &'a Draft) -> Self {
        Self::node(&draft.node)
    }
}

pub(super) fn resource_type(node: &Node) -> ResourceType {
    match node.kind {
        NodeKind::Model(_) => ResourceType::Model,
        NodeKind::Seed { .. } => ResourceType::Seed,
        NodeKind::Snapshot => ResourceType::Snapshot,
        NodeKind::SingularTest | NodeKind::GenericTest(_) => ResourceType::Test,
        NodeKind::Function(_) => ResourceType::Function,
        NodeKind::Analysis => ResourceType::Analysis,
        NodeKind::Operation { .. } | NodeKind::SqlOperation => ResourceType::Operation,
    }
}
