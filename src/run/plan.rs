//! The steps of a run, as data: what is done to which node, in which order, after what. `execute` follows it
//! to the letter, so showing the plan shows the run.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::inputs::Command;
use super::tests_first::with_tests;
use crate::graph::{self, Graph, NodeSet};
use crate::hashed::HashMap;
use crate::load;
use crate::manifest::{Manifest, Resource, ResourceType};

/// What is done to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// A model, seed, snapshot or function through its materialization.
    Materialize,
    /// An ephemeral model: rendered, never sent.
    Render,
    Test,
    UnitTest,
    Freshness,
    /// A source table that is filled.
    Load,
    Compile,
    Show,
    Clone,
    /// Exposures, saved queries: reported, not run.
    Nothing,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub unique_id: String,
    pub action: Action,
    /// Places of earlier steps in the plan.
    pub waits_for: Vec<usize>,
    /// Its failure does not skip what depends on it (`on_error: continue`).
    pub lets_children_run: bool,
}

impl Step {
    /// Ephemeral models are not part of "n of m".
    pub(crate) fn is_counted(&self) -> bool {
        self.action != Action::Render
    }
}

/// Ordered steps: a step comes after all it waits for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub steps: Vec<Step>,
}

/// The nodes that a node waits for, by their places in the graph.
type Waits = HashMap<usize, BTreeSet<usize>>;

/// A step before its place is known.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub unique_id: String,
    pub action: Action,
    pub lets_children_run: bool,
    /// Ids of other drafts.
    pub waits_for: BTreeSet<String>,
}

/// The plan of a command for the selected nodes.
pub(crate) fn plan(manifest: &Manifest, graph: &Graph, selected: &[String], command: Command) -> Plan {
    let chosen: Vec<(usize, Action)> = selected
        .iter()
        .filter_map(|id| Some((graph.at(id)?, action(manifest.resource(id)?, command)?)))
        .collect();
    let mut ids = NodeSet::new(graph.len());
    for (at, _) in &chosen {
        ids.insert(*at);
    }
    let mut waits = match command {
        Command::Build => {
            let whole = after_loads(&with_tests(graph, manifest), manifest);
            with_unit_tests(whole.nearest(&ids), manifest, graph, &ids)
        }
        _ if command.is_topological() => graph.nearest(&ids),
        _ => HashMap::default(),
    };
    let drafts = chosen.into_iter().map(|(at, action)| Draft {
        unique_id: graph.id_at(at).to_owned(),
        action,
        lets_children_run: lets_children_run(manifest, graph.id_at(at)),
        waits_for: waits
            .remove(&at)
            .unwrap_or_default()
            .into_iter()
            .map(|parent| graph.id_at(parent).to_owned())
            .collect(),
    });
    Plan::order(drafts.collect())
}

/// What reads a loaded table by the name of another source waits for the load, too.
fn after_loads(graph: &Graph, manifest: &Manifest) -> Graph {
    let pairs = load::names_of_loaded_tables(manifest);
    graph.with_edges(
        pairs.into_iter().filter_map(|(loaded, other)| Some((graph.at(loaded)?, graph.at(other)?))),
    )
}

/// A unit test runs when its model could, and the model after it.
fn with_unit_tests(mut waits: Waits, manifest: &Manifest, graph: &Graph, selected: &NodeSet) -> Waits {
    let is_selected = |at: &usize| selected.contains(*at);
    let mut of_models: Vec<(usize, usize)> = Vec::new();
    for (id, test) in &manifest.unit_tests {
        let model = test.depends_on.nodes.first().and_then(|model| graph.at(model)).filter(is_selected);
        let (Some(model), Some(test)) = (model, graph.at(id).filter(is_selected)) else { continue };
        waits.insert(test, waits.get(&model).cloned().unwrap_or_default());
        of_models.push((model, test));
    }
    for (model, test) in of_models {
        waits.entry(model).or_default().insert(test);
    }
    waits
}

impl Plan {
    /// Orders drafts as dbt's queue does: by depth in the selected graph, then by id.
    pub(crate) fn order(drafts: Vec<Draft>) -> Self {
        let places: HashMap<&str, usize> =
            drafts.iter().enumerate().map(|(place, draft)| (draft.unique_id.as_str(), place)).collect();
        let parents: Vec<Vec<usize>> = drafts
            .iter()
            .map(|draft| draft.waits_for.iter().filter_map(|id| places.get(id.as_str()).copied()).collect())
            .collect();
        let depths = graph::depths(
            drafts.len(),
            parents.iter().enumerate().flat_map(|(at, above)| above.iter().map(move |&parent| (parent, at))),
        );
        let mut order: BTreeMap<(usize, &str), usize> = BTreeMap::new();
        for (place, draft) in drafts.iter().enumerate() {
            order.insert((depths[place], &draft.unique_id), place);
        }
        let order: Vec<usize> = order.into_values().collect();
        let mut final_places = vec![0; drafts.len()];
        for (final_place, &place) in order.iter().enumerate() {
            final_places[place] = final_place;
        }
        let steps = order
            .iter()
            .map(|&place| {
                let mut waits_for: Vec<usize> = parents[place].iter().map(|&at| final_places[at]).collect();
                waits_for.sort_unstable();
                let draft = &drafts[place];
                Step {
                    unique_id: draft.unique_id.clone(),
                    action: draft.action,
                    waits_for,
                    lets_children_run: draft.lets_children_run,
                }
            })
            .collect();
        Self { steps }
    }

    /// The "m" of "n of m".
    pub(crate) fn counted(&self) -> usize {
        self.steps.iter().filter(|step| step.is_counted()).count()
    }
}

fn lets_children_run(manifest: &Manifest, id: &str) -> bool {
    let config = manifest.resource(id).and_then(|resource| resource.config().get("on_error"));
    config.and_then(Value::as_str) == Some("continue")
}

fn action(resource: Resource<'_>, command: Command) -> Option<Action> {
    let ephemeral = matches!(resource, Resource::Node(node) if node.is_ephemeral_model());
    match command {
        Command::Compile => return Some(if ephemeral { Action::Render } else { Action::Compile }),
        Command::Show { .. } => return Some(Action::Show),
        Command::Clone => return (!ephemeral).then_some(Action::Clone),
        Command::Freshness => {
            let checked = matches!(resource, Resource::Source(source) if source.freshness.is_some());
            return checked.then_some(Action::Freshness);
        }
        Command::Load => {
            let is_loaded = matches!(resource, Resource::Source(source) if load::is_loaded(source));
            return is_loaded.then_some(Action::Load);
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
        // selected only where the build is to load
        ResourceType::Source => {
            matches!(resource, Resource::Source(source) if load::is_loaded(source)).then_some(Action::Load)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(id: &str, waits_for: &[&str]) -> Draft {
        Draft {
            unique_id: id.into(),
            action: Action::Materialize,
            lets_children_run: false,
            waits_for: waits_for.iter().map(|&id| id.to_owned()).collect(),
        }
    }

    #[test]
    fn steps_are_ordered_by_depth_and_id() {
        let plan = Plan::order(vec![
            draft("model.p.d", &["model.p.a", "model.p.c"]),
            draft("model.p.c", &["seed.p.s"]),
            draft("model.p.a", &[]),
            draft("seed.p.s", &["source.p.unselected"]),
        ]);
        let ids: Vec<&str> = plan.steps.iter().map(|step| step.unique_id.as_str()).collect();
        assert_eq!(ids, ["model.p.a", "seed.p.s", "model.p.c", "model.p.d"]);
        assert_eq!(plan.steps[3].waits_for, [0, 2]);
        assert!(plan.steps[1].waits_for.is_empty());
    }
}
