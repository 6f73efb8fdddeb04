//! Lineage of a whole project: every node's query in dependency order on several threads, upstream
//! outputs feeding the stars and names of what stands downstream.

use crate::hashed::{HashMap, HashSet, RandomState};

use super::{
    ColumnNames, Edge, EdgeKind, Lineage, Origin, OutputColumn, RelationName, Resolver, trace as trace_query,
};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::thread;

/// The name of the CTE as which dbt inlines an ephemeral model.
pub(crate) const INLINED_PREFIX: &str = "__dbt__cte__";

/// sqlparser drops its trees recursively: long expressions need depth.
const STACK: usize = 64 << 20;

/// One node, given in topological order (parents before children).
#[derive(Debug, Clone, Default)]
pub(crate) struct Node<'a> {
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
    /// Output columns, from the query, else from what was known; none when unknown.
    pub columns: Option<ColumnNames>,
}

/// All nodes' lineage, and which node a relation name means.
#[derive(Debug, Clone, Default)]
pub struct ProjectLineage {
    pub nodes: Vec<NodeLineage>,
    by_relation: HashMap<RelationName, usize>,
}

impl ProjectLineage {
    /// The index of the node that is built as this relation.
    pub(crate) fn node_of(&self, relation: &RelationName) -> Option<usize> {
        self.by_relation.get(relation).copied()
    }
}

/// Trace every node on `threads` threads.
pub(crate) fn trace(nodes: &[Node<'_>], threads: usize) -> ProjectLineage {
    let by_relation = by_relation(nodes);
    let tracing = Tracing {
        nodes,
        by_relation: &by_relation,
        results: nodes.iter().map(|_| OnceLock::new()).collect(),
        next: AtomicUsize::new(0),
        progress: Mutex::new(()),
        changed: Condvar::new(),
    };
    thread::scope(|scope| {
        let spawned = (0..threads.max(1))
            .filter(|_| {
                let worker = thread::Builder::new().stack_size(STACK).name("lineage".to_owned());
                worker.spawn_scoped(scope, || tracing.work()).is_ok()
            })
            .count();
        if spawned == 0 {
            tracing.work();
        }
    });
    let results = tracing.results.into_iter().zip(nodes).map(|(result, node)| {
        result
            .into_inner()
            .unwrap_or_else(|| NodeLineage { unique_id: node.unique_id.into(), ..NodeLineage::default() })
    });
    ProjectLineage { nodes: results.collect(), by_relation }
}

/// With and without the database, which SQL often leaves out.
fn by_relation(nodes: &[Node<'_>]) -> HashMap<RelationName, usize> {
    let mut map = HashMap::with_capacity_and_hasher(nodes.len() * 2, RandomState::default());
    for (index, node) in nodes.iter().enumerate() {
        let Some(relation) = &node.relation else { continue };
        map.insert(relation.clone(), index);
        if relation.schema.is_some() && relation.database.is_some() {
            map.entry(RelationName { database: None, ..relation.clone() }).or_insert(index);
        }
    }
    map
}

struct Tracing<'t, 'a> {
    nodes: &'t [Node<'a>],
    by_relation: &'t HashMap<RelationName, usize>,
    results: Vec<OnceLock<NodeLineage>>,
    next: AtomicUsize,
    progress: Mutex<()>,
    changed: Condvar,
}

impl Tracing<'_, '_> {
    /// Nodes are claimed in order, so whatever a worker waits for is done or being done by another.
    fn work(&self) {
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(node) = self.nodes.get(index) else { return };
            for &parent in node.depends_on.iter().filter(|&&parent| parent < index) {
                self.wait_for(parent);
            }
            let result = self.node(index, node);
            let guard = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = self.results[index].set(result);
            drop(guard);
            self.changed.notify_all();
        }
    }

    fn wait_for(&self, index: usize) {
        if self.results[index].get().is_some() {
            return;
        }
        let mut guard = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        while self.results[index].get().is_none() {
            guard = self.changed.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn node(&self, index: usize, node: &Node<'_>) -> NodeLineage {
        let unique_id = node.unique_id.into();
        let Some(sql) = node.sql else {
            return NodeLineage { unique_id, lineage: None, columns: node.known_columns.clone() };
        };
        let upstream: HashSet<usize> =
            node.depends_on.iter().copied().filter(|&parent| parent < index).collect();
        // A panic in the parser must not take the other nodes' lineage with it.
        let traced = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            trace_query(sql, &Upstream { tracing: self, upstream })
        }));
        let mut lineage = traced.unwrap_or_else(|_| Lineage {
            failure: Some("the SQL parser failed".to_owned()),
            ..Lineage::default()
        });
        if let Some(known) = &node.known_columns {
            expand_stars(&mut lineage, known, &node.added_columns);
        }
        let columns = if lineage.is_complete() {
            let own = lineage.columns.iter().map(|column| Arc::clone(&column.name));
            Some(own.chain(node.added_columns.iter().cloned()).collect())
        } else {
            node.known_columns.clone()
        };
        NodeLineage { unique_id, lineage: Some(lineage), columns }
    }
}

/// Only parents count as known: what else happens to be traced already would depend on timing.
struct Upstream<'u, 't, 'a> {
    tracing: &'u Tracing<'t, 'a>,
    upstream: HashSet<usize>,
}

impl Resolver for Upstream<'_, '_, '_> {
    fn columns(&self, relation: &RelationName) -> Option<ColumnNames> {
        let &index = self.tracing.by_relation.get(relation)?;
        if self.upstream.contains(&index) {
            return self.tracing.results[index].get()?.columns.clone();
        }
        self.tracing.nodes[index].known_columns.clone()
    }

    fn is_inlined_model(&self, cte: &str) -> bool {
        cte.starts_with(INLINED_PREFIX)
            && self.tracing.by_relation.contains_key(&RelationName::new(None, None, cte))
    }
}

/// Stars that the query alone does not expand, by the columns that the built relation has.
fn expand_stars(lineage: &mut Lineage, known: &ColumnNames, added: &[Arc<str>]) {
    let (stars, named): (Vec<OutputColumn>, Vec<OutputColumn>) =
        std::mem::take(&mut lineage.columns).into_iter().partition(|column| &*column.name == "*");
    if stars.is_empty() {
        lineage.columns = named;
        return;
    }
    let mut named: HashMap<Arc<str>, OutputColumn> =
        named.into_iter().map(|column| (Arc::clone(&column.name), column)).collect();
    for name in known.iter().filter(|name| !added.contains(name)) {
        let column = named.remove(name).unwrap_or_else(|| from_stars(&stars, name));
        lineage.columns.push(column);
    }
}

fn from_stars(stars: &[OutputColumn], name: &Arc<str>) -> OutputColumn {
    let edges = match stars {
        [OutputColumn { edges, .. }] => match edges.as_slice() {
            [Edge { origin: Origin::Column { relation, .. }, kind: EdgeKind::Direct }] => {
                let origin = Origin::Column { relation: Arc::clone(relation), column: Arc::clone(name) };
                vec![Edge { origin, kind: EdgeKind::Direct }]
            }
            _ => edges.clone(),
        },
        _ => {
            let mut relations: Vec<Arc<RelationName>> = Vec::new();
            for edge in stars.iter().flat_map(|star| &star.edges) {
                match &edge.origin {
                    Origin::Column { relation, .. } | Origin::Rows { relation } => {
                        relations.push(Arc::clone(relation));
                    }
                    Origin::Unknown { relations: others, .. } => relations.extend(others.iter().cloned()),
                }
            }
            relations.sort();
            relations.dedup();
            vec![Edge {
                origin: Origin::Unknown { what: Arc::clone(name), relations },
                kind: EdgeKind::Derived,
            }]
        }
    };
    OutputColumn { name: Arc::clone(name), edges }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node<'a>(unique_id: &'a str, sql: Option<&'a str>, depends_on: &[usize]) -> Node<'a> {
        let relation = unique_id.parse().ok();
        Node { unique_id, relation, sql, depends_on: depends_on.to_vec(), ..Node::default() }
    }

    fn names(text: &str) -> Option<ColumnNames> {
        Some(text.split(' ').map(Arc::from).collect())
    }

    fn columns(node: &NodeLineage) -> String {
        node.columns
            .iter()
            .flat_map(|columns| columns.iter())
            .map(|name| &**name)
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn stars_take_their_columns_from_upstream_and_from_the_catalog() {
        let mut nodes = vec![
            node("raw.a", None, &[]),
            node("raw.b", None, &[]),
            node("m.stg", Some("select *, x + 1 as y from raw.a"), &[0]),
            node("m.open", Some("select *, 1 as one from raw.b"), &[1]),
            node("m.mart", Some("select stg.*, o.z from m.stg join m.open o using (id)"), &[2, 3]),
        ];
        nodes[0].known_columns = names("id x");
        nodes[3].known_columns = names("id z one");
        for threads in [1, 4] {
            let project = trace(&nodes, threads);
            assert_eq!(columns(&project.nodes[2]), "id x y");
            assert_eq!(columns(&project.nodes[3]), "id z one");
            assert_eq!(columns(&project.nodes[4]), "id x y z");
            let open = project.nodes[3].lineage.as_ref().unwrap();
            let origin = Origin::Column { relation: Arc::new("raw.b".parse().unwrap()), column: "z".into() };
            assert_eq!(open.columns[1].edges, [Edge { origin, kind: EdgeKind::Direct }]);
            assert!(open.columns[2].edges.is_empty());
        }
    }

    #[test]
    fn a_wrong_order_or_a_cycle_does_not_hang() {
        let nodes = [node("a", Some("select * from b"), &[1]), node("b", Some("select * from a"), &[0])];
        let project = trace(&nodes, 2);
        assert_eq!(project.nodes.len(), 2);
        assert_eq!(project.node_of(&"b".parse().unwrap()), Some(1));
    }

    #[test]
    fn the_database_may_be_left_out() {
        let mut nodes = vec![node("x", None, &[]), node("y", Some("select * from s.t"), &[0])];
        nodes[0].relation = Some(RelationName::new(Some("db"), Some("s"), "t"));
        nodes[0].known_columns = names("a");
        assert_eq!(columns(&trace(&nodes, 1).nodes[1]), "a");
    }
}
