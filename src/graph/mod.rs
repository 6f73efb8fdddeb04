//! Which node reads which: the manifest's dependencies as a directed graph over unique ids, and the selection
//! of nodes by dbt's grammar. `commands` builds it from the manifest, selects, and hands the ids to `run`.

mod cycle;
mod depths;
mod listing;
mod nearest;
mod node_set;
pub(crate) mod selector;

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::diagnostic::{Diagnostic, Result};
use crate::hashed::IndexSet;
use crate::manifest::{Manifest, Resource};

pub(crate) use depths::depths;
pub(crate) use listing::{ListOutput, list, unknown_keys};
pub(crate) use node_set::NodeSet;
pub(crate) use selector::{EmptyNodes, Method, Selection};
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
                match graph.at(parent) {
                    Some(parent) => graph.dag.add_edge(NodeIndex::new(parent), NodeIndex::new(at), ()),
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

    /// The place of a node, by which sets and edges name it.
    pub(crate) fn at(&self, id: &str) -> Option<usize> {
        self.ids.get_index_of(id)
    }

    pub(crate) fn id_at(&self, at: usize) -> &str {
        &self.ids[at]
    }

    pub(crate) fn parents_at(&self, at: usize) -> impl Iterator<Item = usize> {
        self.dag.neighbors_directed(NodeIndex::new(at), Direction::Incoming).map(NodeIndex::index)
    }

    pub(crate) fn children_at(&self, at: usize) -> impl Iterator<Item = usize> {
        self.dag.neighbors(NodeIndex::new(at)).map(NodeIndex::index)
    }

    /// Everything upstream, at most `depth` steps away.
    #[cfg(test)]
    fn ancestors(&self, id: &str, depth: Option<usize>) -> NodeSet {
        self.related(id, depth, Direction::Incoming)
    }

    /// Everything downstream, at most `depth` steps away.
    pub(crate) fn descendants(&self, id: &str, depth: Option<usize>) -> NodeSet {
        self.related(id, depth, Direction::Outgoing)
    }

    fn related(&self, id: &str, depth: Option<usize>, direction: Direction) -> NodeSet {
        let mut from = NodeSet::new(self.len());
        if let Some(at) = self.at(id) {
            from.insert(at);
        }
        self.reach(&from, depth, direction, None)
    }

    /// The same nodes with more edges: places of what is read and of what reads it.
    pub(crate) fn with_edges(&self, edges: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let mut more = self.clone();
        for (from, to) in edges {
            more.dag.add_edge(NodeIndex::new(from), NodeIndex::new(to), ());
        }
        more
    }

    fn depths(&self) -> Vec<usize> {
        let edges = self.dag.raw_edges().iter();
        depths(self.len(), edges.map(|edge| (edge.source().index(), edge.target().index())))
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
        let mut levels: Vec<Vec<&str>> = Vec::new();
        for (at, depth) in self.depths().into_iter().enumerate() {
            levels.resize_with(levels.len().max(depth + 1), Vec::new);
            levels[depth].push(self.id_at(at));
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
