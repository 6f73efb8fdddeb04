//! From a selection to a plan: what is done to each selected node, and after what.

use std::collections::BTreeSet;

use serde_json::Value;

use super::edges::Edges;
use super::inputs::Command;
use super::plan::{Action, Draft, Plan};
use crate::hashed::HashSet;
use crate::manifest::{Manifest, Resource, ResourceType};

/// The plan of a command for the selected nodes.
pub(crate) fn plan(manifest: &Manifest, selected: &[String], command: Command) -> Plan {
    let chosen: Vec<(&str, Action)> = selected
        .iter()
        .filter_map(|id| Some((id.as_str(), action(manifest.resource(id)?, command)?)))
        .collect();
    let ids: HashSet<&str> = chosen.iter().map(|(id, _)| *id).collect();
    let mut waits = if command.is_topological() {
        let mut edges = Edges::of(manifest);
        if command == Command::Build {
            edges = edges.with_tests(manifest);
        }
        edges.between(&ids)
    } else {
        crate::hashed::HashMap::default()
    };
    if command == Command::Build {
        // A unit test runs when its model could, and the model after it.
        for (id, test) in &manifest.unit_tests {
            let Some(model) = test.depends_on.nodes.first().filter(|model| ids.contains(model.as_str()))
            else {
                continue;
            };
            if !ids.contains(id.as_str()) {
                continue;
            }
            let mut parents = waits.get(model).cloned().unwrap_or_default();
            parents.retain(|parent| !parent.starts_with("unit_test."));
            waits.insert(id.clone(), parents);
            waits.entry(model.clone()).or_default().insert(id.clone());
        }
    }
    let drafts = chosen
        .into_iter()
        .map(|(id, action)| Draft {
            unique_id: id.to_owned(),
            action,
            lets_children_run: lets_children_run(manifest, id),
            waits_for: waits.remove(id).unwrap_or_else(BTreeSet::new),
        })
        .collect();
    Plan::order(drafts)
}

fn lets_children_run(manifest: &Manifest, id: &str) -> bool {
    let config = manifest.resource(id).and_then(|resource| resource.config().get("on_error"));
    config.and_then(Value::as_str) == Some("continue")
}

fn action(resource: Resource<'_>, command: Command) -> Option<Action> {
    let ephemeral = matches!(resource, Resource::Node(node) if node.is_ephemeral_model());
    match command {
        Command::Compile => return Some(Action::Compile),
        Command::Show { .. } => return Some(Action::Show),
        Command::Clone => return (!ephemeral).then_some(Action::Clone),
        Command::Freshness => {
            let checked = matches!(resource, Resource::Source(source) if source.freshness.is_some());
            return checked.then_some(Action::Freshness);
        }
        _ => {}
    }
    match resource.resource_type() {
        ResourceType::Model if ephemeral => Some(Action::Render),
        ResourceType::Model | ResourceType::Seed | ResourceType::Snapshot | ResourceType::Function => {
            Some(Action::Materialize)
        }
        ResourceType::Test => Some(Action::Test),
        ResourceType::UnitTest => Some(Action::UnitTest),
        ResourceType::Exposure | ResourceType::SavedQuery => Some(Action::Nothing),
        _ => None,
    }
}
