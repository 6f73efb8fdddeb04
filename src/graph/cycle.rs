//! A cycle, told whole: as one line in dbt's words, then with the file of each node.

use std::fmt::Write as _;

use petgraph::graph::{DiGraph, NodeIndex};

use crate::diagnostic::Diagnostic;
use crate::manifest::Manifest;

/// The first cycle that a depth-first walk meets, from the node where it closes.
pub(super) fn find(dag: &DiGraph<String, ()>) -> Option<Vec<NodeIndex>> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        OnPath,
        Done,
    }
    let mut states = vec![State::New; dag.node_count()];
    for start in dag.node_indices() {
        if states[start.index()] != State::New {
            continue;
        }
        states[start.index()] = State::OnPath;
        let mut path = vec![(start, children(dag, start).into_iter())];
        while let Some((node, rest)) = path.last_mut() {
            let node = *node;
            match rest.next() {
                Some(child) => match states[child.index()] {
                    State::OnPath => {
                        let nodes = path.iter().map(|(node, _)| *node);
                        return Some(nodes.skip_while(|&node| node != child).collect());
                    }
                    State::New => {
                        states[child.index()] = State::OnPath;
                        path.push((child, children(dag, child).into_iter()));
                    }
                    State::Done => {}
                },
                None => {
                    states[node.index()] = State::Done;
                    path.pop();
                }
            }
        }
    }
    None
}

/// In the order in which the edges were added; petgraph has them the other way round.
fn children(dag: &DiGraph<String, ()>, node: NodeIndex) -> Vec<NodeIndex> {
    let mut children: Vec<_> = dag.neighbors(node).collect();
    children.reverse();
    children
}

pub(super) fn diagnostic(dag: &DiGraph<String, ()>, cycle: &[NodeIndex], manifest: &Manifest) -> Diagnostic {
    let ids: Vec<&str> = cycle.iter().map(|&node| dag[node].as_str()).collect();
    let mut message = format!("Found a cycle: {}", ids.join(" --> "));
    for (at, id) in ids.iter().enumerate() {
        let path = manifest.resource(id).map_or("", |resource| resource.original_file_path());
        let reader = ids[(at + 1) % ids.len()];
        let _ = write!(message, "\n  {id} ({path}) is read by {reader}");
    }
    Diagnostic::runtime("cycle", message).help("take out one of these references")
}
