//! Follows a spec: searches, takes relatives, combines, and brings tests along by the indirect modes.

use petgraph::Direction;

use crate::diagnostic::{Category, Diagnostic, Result};
use crate::manifest::{Resource, ResourceType};

use super::super::{Graph, NodeSet};
use super::meant;
use super::methods::Searcher;
use super::pattern::Pattern;
use super::spec::{Group, Operator, Spec};
use super::syntax::{Criteria, IndirectSelection, Method};
use super::{SelectionInputs, Selectors};

pub(super) struct Evaluation<'a> {
    graph: &'a Graph,
    /// At the places of their nodes in the graph.
    resources: Vec<Resource<'a>>,
    /// What is enabled.
    members: NodeSet,
    searcher: Searcher<'a>,
    selectors: &'a Selectors,
    /// The `selector:` values that are being followed.
    following: Vec<String>,
    pub(super) warnings: Vec<Diagnostic>,
}

/// Nodes that are in, and tests that are in once their other parents are.
struct Hits {
    direct: NodeSet,
    indirect: NodeSet,
}

impl<'a> Evaluation<'a> {
    pub(super) fn new(graph: &'a Graph, inputs: &SelectionInputs<'a>) -> Result<Self> {
        let resources: Vec<_> = inputs.manifest.resources().collect();
        let fits = resources.len() == graph.len()
            && resources.iter().enumerate().all(|(at, resource)| graph.id_at(at) == resource.unique_id());
        if !fits {
            let message = "the graph was built from another manifest";
            return Err(Diagnostic::new("stale-graph", Category::Internal, message).boxed());
        }
        let mut members = NodeSet::new(graph.len());
        for (at, resource) in resources.iter().enumerate() {
            if resource.is_enabled() {
                members.insert(at);
            }
        }
        Ok(Self {
            graph,
            resources,
            members,
            searcher: Searcher::new(*inputs),
            selectors: inputs.selectors,
            following: Vec::new(),
            warnings: Vec::new(),
        })
    }

    pub(super) fn resource(&self, at: usize) -> Resource<'a> {
        self.resources[at]
    }

    pub(super) fn select(&mut self, spec: &Spec) -> Result<NodeSet> {
        Ok(self.spec(spec)?.direct)
    }

    fn spec(&mut self, spec: &Spec) -> Result<Hits> {
        match spec {
            Spec::Criteria(criteria) => self.criteria(criteria),
            Spec::Group(group) => self.group(group),
        }
    }

    fn group(&mut self, group: &Group) -> Result<Hits> {
        let mut direct: Option<NodeSet> = None;
        let mut all: Option<NodeSet> = None;
        for part in &group.parts {
            let found = self.spec(part)?;
            let mut both = found.indirect;
            both.union_with(&found.direct);
            combine(group.operator, &mut direct, found.direct);
            combine(group.operator, &mut all, both);
        }
        let empty = || NodeSet::new(self.graph.len());
        let (direct, indirect) = (direct.unwrap_or_else(empty), all.unwrap_or_else(empty));
        let direct = self.with_complete_tests(direct, &indirect, group.indirect);
        if let Some(raw) = &group.expected
            && direct.is_empty()
        {
            let warning = Diagnostic::warning(
                "NoNodesForSelectionCriteria",
                format!("The selection criterion '{raw}' does not match any enabled nodes"),
            );
            self.warnings.push(warning.maybe_help(meant::hint(raw, &self.resources)));
        }
        Ok(Hits { direct, indirect })
    }

    fn criteria(&mut self, criteria: &Criteria) -> Result<Hits> {
        let mut selected = if criteria.method == Method::Selector {
            self.named(&criteria.text())?
        } else {
            self.search(criteria)?
        };
        let mut relatives = NodeSet::new(self.graph.len());
        if criteria.childrens_parents {
            let mut family = self.reach(&selected, None, Direction::Outgoing);
            family.union_with(&selected);
            relatives.union_with(&self.reach(&family, None, Direction::Incoming));
            relatives.union_with(&family);
        }
        if let Some(depth) = criteria.parents {
            relatives.union_with(&self.reach(&selected, depth, Direction::Incoming));
        }
        if let Some(depth) = criteria.children {
            relatives.union_with(&self.reach(&selected, depth, Direction::Outgoing));
        }
        selected.union_with(&relatives);
        Ok(self.with_tests(selected, criteria.indirect))
    }

    fn search(&mut self, criteria: &Criteria) -> Result<NodeSet> {
        let mut selected = NodeSet::new(self.graph.len());
        for at in self.searcher.search(criteria, &self.resources)? {
            if self.members.contains(at) {
                selected.insert(at);
            }
        }
        for warning in self.searcher.take_warnings() {
            if !self.warnings.iter().any(|known| known.message == warning.message) {
                self.warnings.push(warning);
            }
        }
        Ok(selected)
    }

    /// `selector:name`, which may have wildcards.
    fn named(&mut self, value: &str) -> Result<NodeSet> {
        if self.following.iter().any(|name| name == value) {
            return Err(Diagnostic::runtime(
                "selector-cycle",
                format!("the selector `{value}` uses itself: {} -> {value}", self.following.join(" -> ")),
            )
            .boxed());
        }
        let selectors = self.selectors;
        let pattern = Pattern::new(value);
        let names: Vec<&str> = selectors.names().filter(|name| pattern.matches(name)).collect();
        if names.is_empty() {
            selectors.get(value)?;
        }
        self.following.push(value.to_owned());
        let mut selected = NodeSet::new(self.graph.len());
        for name in names {
            selected.union_with(&self.spec(selectors.get(name)?)?.direct);
        }
        self.following.pop();
        Ok(selected)
    }

    fn reach(&self, from: &NodeSet, depth: Option<usize>, direction: Direction) -> NodeSet {
        self.graph.reach(from, depth, direction, Some(&self.members))
    }

    /// The tests that read a selected node.
    fn with_tests(&self, selected: NodeSet, mode: IndirectSelection) -> Hits {
        let mut indirect = NodeSet::new(self.graph.len());
        if mode == IndirectSelection::Empty {
            return Hits { direct: selected, indirect };
        }
        let mut reachable = selected.clone();
        if mode == IndirectSelection::Buildable {
            reachable.union_with(&self.reach(&selected, None, Direction::Incoming));
            for (at, resource) in self.resources.iter().enumerate() {
                if matches!(resource, Resource::Source(_)) {
                    reachable.insert(at);
                }
            }
        }
        let mut direct = selected.clone();
        for at in self.reach(&selected, Some(1), Direction::Outgoing).iter() {
            if !matches!(self.resources[at].resource_type(), ResourceType::Test | ResourceType::UnitTest) {
                continue;
            }
            let wanted = match mode {
                IndirectSelection::Eager => true,
                _ => self.reads_only(at, &reachable),
            };
            if wanted {
                direct.insert(at);
            } else {
                indirect.insert(at);
            }
        }
        Hits { direct, indirect }
    }

    /// The tests that lacked a parent in one part of the group and have it in another.
    fn with_complete_tests(&self, direct: NodeSet, indirect: &NodeSet, mode: IndirectSelection) -> NodeSet {
        let mut reachable = direct.clone();
        match mode {
            IndirectSelection::Eager | IndirectSelection::Empty => return direct,
            IndirectSelection::Cautious => {}
            IndirectSelection::Buildable => {
                reachable.union_with(&self.reach(&direct, None, Direction::Incoming));
            }
        }
        let mut selected = direct;
        for at in indirect.iter() {
            // dbt: unit tests have one parent and need no second look
            if matches!(self.resources[at], Resource::Node(_)) && self.reads_only(at, &reachable) {
                selected.insert(at);
            }
        }
        selected
    }

    fn reads_only(&self, at: usize, set: &NodeSet) -> bool {
        self.graph.parents_at(at).all(|parent| set.contains(parent))
    }
}

fn combine(operator: Operator, known: &mut Option<NodeSet>, part: NodeSet) {
    match known {
        None => *known = Some(part),
        Some(known) => match operator {
            Operator::Union => known.union_with(&part),
            Operator::Intersection => known.intersect_with(&part),
            Operator::Difference => known.subtract(&part),
        },
    }
}
