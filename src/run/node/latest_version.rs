//! A view with the name that the model had before it had versions, on its latest version.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::compile::Extra;
use super::{NodeRun, Worker};
use crate::adapter::RelationKind;
use crate::context::objects::Relation;
use crate::context::runtime::NodeContext;
use crate::diagnostic::{Diagnostic, Result};
use crate::jinja::python::{from_json, to_str};
use crate::jinja::{Context, Value};
use crate::manifest::{Compiled, Node};

const CONFIG: &str = "latest_version_pointer";
const ALIAS_MACRO: &str = "generate_latest_version_pointer_alias";

impl NodeRun<'_, '_> {
    /// The view to make once the latest version of a model is built, where the model or the project asks for it. What stands
    /// in its way is found before any work is done.
    pub(super) fn latest_version_pointer(
        &self,
        worker: &Worker,
        node: &Arc<Node>,
    ) -> Result<Option<Arc<Node>>> {
        if !node.is_latest_version()
            || !is_enabled(node, self.run.inputs.options.behaviors.latest_version_pointers)
        {
            return Ok(None);
        }
        let shared = &self.run.inputs.shared;
        let alias = self.pointer_alias(worker, node)?;
        let pointer = pointer(node, &alias, &shared.relation_of(node));
        let target = shared.relation_of(&pointer);
        self.refuse_taken_name(node, &target, &alias)?;
        if let Some(kind) = worker
            .has_relation(&target)
            .then(|| worker.kind_of(&target))
            .flatten()
            .filter(|kind| *kind != RelationKind::View)
        {
            let message = format!(
                "Cannot create latest version pointer: {} is a {} already, and its rows would be lost",
                target.render(),
                kind.words()
            );
            let help = "rename or drop it, or give the pointer another name by `latest_version_pointer: {alias: ..}`";
            return Err(Diagnostic::runtime("latest-version-pointer", message).help(help).boxed());
        }
        Ok(Some(Arc::new(pointer)))
    }

    pub(super) fn make_pointer(
        &mut self,
        worker: &mut Worker,
        node: &Node,
        pointer: &Arc<Node>,
    ) -> Result<()> {
        worker.start_again(self.run, &node.unique_id, &self.info)?;
        self.call_materialization(worker, pointer, Extra::default(), "view")
    }

    /// What the project's macro makes of the configured alias and the model's name.
    fn pointer_alias(&self, worker: &Worker, node: &Arc<Node>) -> Result<String> {
        let context = self.run.context(worker, node, Extra::default());
        let model = context.get("model").unwrap_or_default();
        let dynamic: Arc<dyn Context> = Arc::<NodeContext>::clone(&context);
        let custom =
            node.config.get(CONFIG).and_then(|config| config.get("alias")).filter(|alias| !alias.is_null());
        let custom = custom.map_or(Value::from(()), from_json);
        let alias = self.run.inputs.engine.call_named(ALIAS_MACRO, &dynamic, &[custom, model], &[])?;
        Ok(to_str(&alias).trim().to_owned())
    }

    fn refuse_taken_name(&self, node: &Node, target: &Relation, alias: &str) -> Result<()> {
        let shared = &self.run.inputs.shared;
        let name = target.render();
        let taken = self.run.manifest().nodes.values().find(|other| {
            other.is_relational() && !other.is_ephemeral_model() && shared.relation_of(other).render() == name
        });
        let Some(taken) = taken else { return Ok(()) };
        let message = if taken.unique_id == node.unique_id {
            format!(
                "Cannot create latest version pointer: the latest version of '{}' is already aliased to '{alias}'. \
                 Set `latest_version_pointer: enabled: false` or remove the conflicting alias.",
                node.name
            )
        } else {
            format!("Cannot create latest version pointer: {} is the relation of {}", name, taken.locator())
        };
        let help = "give the pointer a name of its own by `latest_version_pointer: {alias: ..}`";
        Err(Diagnostic::runtime("latest-version-pointer", message).help(help).boxed())
    }
}

/// The config itself, its `enabled`, or what the project's flag says.
fn is_enabled(node: &Node, by_default: bool) -> bool {
    let config = node.config.get(CONFIG);
    let enabled = config.and_then(|config| config.as_bool().or_else(|| config.get("enabled")?.as_bool()));
    enabled.unwrap_or(by_default)
}

/// A node for this step alone: the grants are the model's, its hooks and descriptions are not.
fn pointer(node: &Node, alias: &str, built: &Relation) -> Node {
    let mut pointer = Node::clone(node);
    // no file of the project has such a name, and so none has its place in the target folder
    pointer.original_file_path =
        Path::new(&node.original_file_path).with_extension("latest_version.sql").display().to_string();
    pointer.unique_id = format!("{}__{CONFIG}", node.unique_id);
    alias.clone_into(&mut pointer.alias);
    let code: Arc<str> = format!("select * from {}", built.render()).into();
    pointer.raw_code = Arc::clone(&code);
    pointer.compiled = Some(Box::new(Compiled { code: Some(code), ..Compiled::default() }));
    let config = pointer.config_mut();
    for hooks in ["pre-hook", "post-hook"] {
        config.insert(hooks.to_owned(), Json::Array(Vec::new()));
    }
    config.insert("persist_docs".to_owned(), Json::Object(Map::new()));
    pointer
}
