//! Which node reads which: the manifest's dependencies as a directed graph over unique ids, and the selection
//! of nodes by dbt's grammar. `commands` builds it from the manifest, selects, and hands the ids to `run`.

mod cycle;
mod depths;
mod listing;
mod node_set;
pub(crate) mod selector;

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::diagnostic::{Diagnostic, Result};
use crate::hashed::IndexSet;
use crate::manifest::{Manifest, Resource};

pub(crate) use depths::depths;
pub(crate) use listing::{ListOutput, list};
pub(crate) use node_set::NodeSet;
pub(crate) use selector::{EmptyNodes, Selection};
pub(crate) use selector::{IndirectSelection, SelectionInputs, SelectionRequest, Selectors};

type Dag = DiGraph<(), ()>;

/// The edges lead from what is read to what reads it. The nodes stand in the order of `Manifest::resources`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Graph {
    dag: Dag,
    /// The unique ids, by node index.
    ids: IndexSet<String>,
}

impl Graph {
    /// Fails with the whole cycle when there is one.
    pub(crate) fn build(manifest: &Manifest) -> Result<Self> {
        let count = manifest.resources().count();
        let mut graph = Self {
            dag: Dag::with_capacity(count, 2 * count),
            ids: manifest.resources().map(|resource| resource.unique_id().to_owned()).collect(),
        };
        for _ in 0..count {
            graph.dag.add_node(());
        }
        for (at, resource) in manifest.resources().enumerate() {
            for parent in resource.parents() {
                match graph.node(parent) {
                    Some(parent) => graph.dag.add_edge(parent, NodeIndex::new(at), ()),
                    None => return Err(dangling(resource, parent).boxed()),
                };
            }
        }
        if petgraph::algo::toposort(&graph.dag, None).is_err() {
            return Err(cycle::diagnostic(manifest).boxed());
        }
        Ok(graph)
    }

    pub(crate) fn len(&self) -> usize {
        self.dag.node_count()
    }

    fn node(&self, id: &str) -> Option<NodeIndex> {
        self.ids.get_index_of(id).map(NodeIndex::new)
    }

    /// Everything upstream, at most `depth` steps away.
    #[cfg(test)]
    fn ancestors(&self, id: &str, depth: Option<usize>) -> Vec<&str> {
        self.related(id, depth, Direction::Incoming)
    }

    /// Everything downstream, at most `depth` steps away.
    #[cfg(test)]
    fn descendants(&self, id: &str, depth: Option<usize>) -> Vec<&str> {
        self.related(id, depth, Direction::Outgoing)
    }

    #[cfg(test)]
    fn related(&self, id: &str, depth: Option<usize>, direction: Direction) -> Vec<&str> {
        let Some(node) = self.node(id) else { return Vec::new() };
        let mut from = NodeSet::new(self.len());
        from.insert(node.index());
        self.reach(&from, depth, direction, None).iter().map(|at| self.id_at(at)).collect()
    }

    fn id_at(&self, at: usize) -> &str {
        &self.ids[at]
    }

    fn parents_at(&self, at: usize) -> impl Iterator<Item = usize> {
        self.dag.neighbors_directed(NodeIndex::new(at), Direction::Incoming).map(NodeIndex::index)
    }

    /// The nodes that can be reached by one step or more, staying `within` a set. The nodes of `from` are
    /// among them only when another one of them leads there.
    fn reach(
        &self,
        from: &NodeSet,
        depth: Option<usize>,
        direction: Direction,
        within: Option<&NodeSet>,
    ) -> NodeSet {
        let mut found = NodeSet::new(self.len());
        let mut layer: Vec<usize> = from.iter().collect();
        let mut next = Vec::new();
        let mut steps = 0;
        while !layer.is_empty() && depth.is_none_or(|depth| steps < depth) {
            for at in layer.drain(..) {
                for neighbor in self.dag.neighbors_directed(NodeIndex::new(at), direction) {
                    let neighbor = neighbor.index();
                    if within.is_none_or(|set| set.contains(neighbor)) && found.insert(neighbor) {
                        next.push(neighbor);
                    }
                }
            }
            std::mem::swap(&mut layer, &mut next);
            steps += 1;
        }
        found
    }

    /// The nodes in groups, each group reading only groups before it.
    pub(crate) fn levels(&self) -> Vec<Vec<&str>> {
        let count = |node| self.dag.neighbors_directed(node, Direction::Incoming).count();
        let mut waiting: Vec<usize> = self.dag.node_indices().map(count).collect();
        let mut level: Vec<NodeIndex> =
            self.dag.node_indices().filter(|node| waiting[node.index()] == 0).collect();
        let mut levels = Vec::new();
        while !level.is_empty() {
            let mut next = Vec::new();
            for &node in &level {
                for child in self.dag.neighbors(node) {
                    waiting[child.index()] -= 1;
                    if waiting[child.index()] == 0 {
                        next.push(child);
                    }
                }
            }
            levels.push(level.iter().map(|node| self.id_at(node.index())).collect());
            level = next;
        }
        levels
    }
}

fn dangling(resource: Resource<'_>, parent: &str) -> Diagnostic {
    Diagnostic::new(
        "missing-dependency",
        crate::diagnostic::Category::Internal,
        format!("'{}' depends on '{parent}' which is not in the graph!", resource.unique_id()),
    )
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod recorded;
