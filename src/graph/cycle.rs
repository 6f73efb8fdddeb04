//! A cycle, told whole: as one line in dbt's words, then with the file of each node.

use std::fmt::Write as _;

use petgraph::graph::{DiGraph, NodeIndex};

use crate::diagnostic::Diagnostic;
use crate::hashed::HashMap;
use crate::manifest::{Manifest, Resource};

/// The first cycle that a depth-first walk meets, from the node where it closes.
fn find(dag: &DiGraph<&str, ()>) -> Option<Vec<NodeIndex>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Visit {
        New,
        OnPath,
        Done,
    }
    let mut states = vec![Visit::New; dag.node_count()];
    for start in dag.node_indices() {
        if states[start.index()] != Visit::New {
            continue;
        }
        states[start.index()] = Visit::OnPath;
        let mut path = vec![(start, children(dag, start).into_iter())];
        while let Some((node, rest)) = path.last_mut() {
            let node = *node;
            let Some(child) = rest.next() else {
                states[node.index()] = Visit::Done;
                path.pop();
                continue;
            };
            match states[child.index()] {
                Visit::OnPath => {
                    let nodes = path.iter().map(|(node, _)| *node);
                    return Some(nodes.skip_while(|&node| node != child).collect());
                }
                Visit::New => {
                    states[child.index()] = Visit::OnPath;
                    path.push((child, children(dag, child).into_iter()));
                }
                Visit::Done => {}
            }
        }
    }
    None
}

/// In the order in which the edges were added; petgraph has them the other way round.
fn children(dag: &DiGraph<&str, ()>, node: NodeIndex) -> Vec<NodeIndex> {
    let mut children: Vec<_> = dag.neighbors(node).collect();
    children.reverse();
    children
}

/// The diagnostic of a manifest that has a cycle.
pub(super) fn diagnostic(manifest: &Manifest) -> Diagnostic {
    let dag = linked_as_dbt_links(manifest);
    let cycle = find(&dag).unwrap_or_default();
    let ids: Vec<&str> = cycle.iter().map(|&node| dag[node]).collect();
    let mut message = format!("Found a cycle: {}", ids.join(" --> "));
    for (at, id) in ids.iter().enumerate() {
        let path = manifest.resource(id).map_or("", |resource| resource.original_file_path());
        let reader = ids[(at + 1) % ids.len()];
        let _ = write!(message, "\n  {id} ({path}) is read by {reader}");
    }
    Diagnostic::runtime("cycle", message).help("take out one of these references")
}

/// The order of linking decides which cycle is found first and where it starts.
fn linked_as_dbt_links(manifest: &Manifest) -> DiGraph<&str, ()> {
    let nodes = manifest.nodes.values().map(|node| Resource::Node(node));
    let linked = nodes
        .chain(manifest.semantic_models.values().map(Resource::SemanticModel))
        .chain(manifest.exposures.values().map(Resource::Exposure))
        .chain(manifest.functions.values().map(|node| Resource::Node(node)))
        .chain(manifest.metrics.values().map(Resource::Metric))
        .chain(manifest.unit_tests.values().map(Resource::UnitTest))
        .chain(manifest.saved_queries.values().map(Resource::SavedQuery));
    let mut dag = DiGraph::new();
    let mut known = HashMap::default();
    let mut node = |dag: &mut DiGraph<_, ()>, id| *known.entry(id).or_insert_with(|| dag.add_node(id));
    for resource in linked {
        let child = node(&mut dag, resource.unique_id());
        for parent in resource.parents() {
            let parent = node(&mut dag, parent.as_str());
            dag.add_edge(parent, child, ());
        }
    }
    dag
}
