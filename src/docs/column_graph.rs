//! The edges between columns of a project in both directions: what the page draws and `lineage` prints.

use crate::hashed::{HashMap, IndexSet};
use crate::sql::lineage::project::ProjectLineage;
use crate::sql::lineage::{Edge, EdgeKind, Origin, RelationName};
use std::sync::Arc;

/// A node of the project or a relation outside of it, as an index into [`ColumnGraph::names`].
pub(crate) type NodeIndex = usize;

/// A column at a place; without a name the rows as such.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ColumnAt {
    pub place: NodeIndex,
    pub column: Option<Arc<str>>,
}

/// Where a step goes to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Step {
    To(ColumnAt),
    /// Not resolved: the name in the SQL, and the places it may come from.
    Unknown {
        what: Arc<str>,
        candidates: Vec<NodeIndex>,
    },
}

/// Steps upstream, each with its kind.
pub(crate) type Steps = Vec<(Step, EdgeKind)>;

/// The upstream edges of one node.
#[derive(Debug, Clone, Default)]
pub(crate) struct NodeEdges {
    pub columns: Vec<(Arc<str>, Steps)>,
    /// Edges that every column has.
    pub every: Steps,
    /// Why there are none, when the SQL could not be read.
    pub failure: Option<String>,
}

/// Column lineage with places for names.
#[derive(Debug, Clone, Default)]
pub(crate) struct ColumnGraph {
    /// Unique ids, then the names of relations that no node builds.
    pub names: IndexSet<Arc<str>>,
    /// By place; those outside the project have none.
    pub upstream: Vec<NodeEdges>,
    downstream: HashMap<ColumnAt, Vec<(ColumnAt, EdgeKind)>>,
}

impl ColumnGraph {
    pub(crate) fn new(lineage: &ProjectLineage) -> Self {
        let mut graph = Self {
            names: lineage.nodes.iter().map(|node| Arc::clone(&node.unique_id)).collect(),
            ..Self::default()
        };
        for node in &lineage.nodes {
            let mut edges = NodeEdges::default();
            if let Some(own) = &node.lineage {
                edges.failure.clone_from(&own.failure);
                edges.every = graph.steps(&own.influences, lineage);
                for column in &own.columns {
                    let steps = graph.steps(&column.edges, lineage);
                    edges.columns.push((Arc::clone(&column.name), steps));
                }
            }
            if let (None, Some(columns)) = (&node.lineage, &node.columns) {
                edges.columns = columns.iter().map(|name| (Arc::clone(name), Vec::new())).collect();
            }
            graph.upstream.push(edges);
        }
        graph.turn();
        graph
    }

    fn steps(&mut self, edges: &[Edge], lineage: &ProjectLineage) -> Steps {
        edges.iter().map(|edge| (self.step(&edge.origin, lineage), edge.kind)).collect()
    }

    fn step(&mut self, origin: &Origin, lineage: &ProjectLineage) -> Step {
        match origin {
            Origin::Column { relation, column } => {
                Step::To(ColumnAt { place: self.place(relation, lineage), column: Some(Arc::clone(column)) })
            }
            Origin::Rows { relation } => {
                Step::To(ColumnAt { place: self.place(relation, lineage), column: None })
            }
            Origin::Unknown { what, relations } => Step::Unknown {
                what: Arc::clone(what),
                candidates: relations.iter().map(|relation| self.place(relation, lineage)).collect(),
            },
        }
    }

    fn place(&mut self, relation: &RelationName, lineage: &ProjectLineage) -> NodeIndex {
        match lineage.node_of(relation) {
            Some(index) => index,
            None => self.names.insert_full(relation.to_string().into()).0,
        }
    }

    fn turn(&mut self) {
        let mut downstream: HashMap<ColumnAt, Vec<(ColumnAt, EdgeKind)>> = HashMap::default();
        for (place, node) in self.upstream.iter().enumerate() {
            for (name, steps) in &node.columns {
                let to = ColumnAt { place, column: Some(Arc::clone(name)) };
                for (step, kind) in steps {
                    if let Step::To(from) = step {
                        downstream.entry(from.clone()).or_default().push((to.clone(), *kind));
                    }
                }
            }
            let rows = ColumnAt { place, column: None };
            for (step, kind) in &node.every {
                if let Step::To(from) = step {
                    downstream.entry(from.clone()).or_default().push((rows.clone(), *kind));
                }
            }
        }
        self.downstream = downstream;
    }

    /// What a column is made of, without the edges that all columns of its node have.
    pub(crate) fn parents(&self, at: &ColumnAt) -> &[(Step, EdgeKind)] {
        let Some(node) = self.upstream.get(at.place) else { return &[] };
        match &at.column {
            None => &node.every,
            Some(name) => {
                let found = node.columns.iter().find(|(have, _)| have == name);
                // A column that only a star supplies.
                let found = found.or_else(|| node.columns.iter().find(|(have, _)| &**have == "*"));
                found.map_or(&[], |(_, steps)| steps)
            }
        }
    }

    /// What is made of a column; a step to the rows of a node means all its columns.
    pub(crate) fn children(&self, at: &ColumnAt) -> &[(ColumnAt, EdgeKind)] {
        self.downstream.get(at).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn name(&self, place: NodeIndex) -> &str {
        self.names.get_index(place).map_or("", |name| name)
    }
}
