//! The steps of a run, as data: what is done to which node, in which order, after what. `execute` follows it
//! to the letter, so showing the plan shows the run.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph;
use crate::hashed::HashMap;

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

/// A step before its place is known.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub unique_id: String,
    pub action: Action,
    pub lets_children_run: bool,
    /// Ids of other drafts.
    pub waits_for: BTreeSet<String>,
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
