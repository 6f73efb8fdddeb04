//! In a `build` the edges from tests to what comes after the tested nodes.

use crate::graph::Graph;
use crate::manifest::Manifest;

/// dbt: a node waits for the tests of its ancestors whose parents are all among its ancestors.
pub(super) fn with_tests(graph: &Graph, manifest: &Manifest) -> Graph {
    let is_test = |at: usize| manifest.nodes.get(graph.id_at(at)).is_none_or(|node| node.is_test());
    let mut additions = Vec::new();
    for (id, node) in manifest.nodes.iter().filter(|(_, node)| node.is_test()) {
        let (Some(test), [first, others @ ..]) = (graph.at(id), &node.depends_on.nodes[..]) else { continue };
        let depth = if others.is_empty() { Some(1) } else { None };
        let mut common = graph.descendants(first, depth);
        for parent in others {
            common.intersect_with(&graph.descendants(parent, depth));
        }
        // The nearest ones are enough: the others wait for them.
        let nearest = common.iter().filter(|&child| {
            !is_test(child) && !graph.parents_at(child).any(|parent| common.contains(parent))
        });
        additions.extend(nearest.map(|child| (test, child)));
    }
    graph.with_edges(additions)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::graph::NodeSet;
    use crate::manifest::{Node, NodeKind};

    fn manifest(nodes: &[(&str, &[&str])]) -> Manifest {
        let mut manifest = Manifest::default();
        for (id, parents) in nodes {
            let mut node = Node {
                kind: NodeKind::Model(Box::default()),
                unique_id: (*id).to_owned(),
                ..Node::default()
            };
            if id.starts_with("test.") {
                node.kind = NodeKind::SingularTest;
            }
            node.depends_on.nodes = parents.iter().map(|&parent| parent.to_owned()).collect();
            manifest.nodes.insert((*id).to_owned(), Arc::new(node));
        }
        manifest
    }

    fn parents(graph: &Graph, id: &str) -> Vec<String> {
        let all = (0..graph.len()).fold(NodeSet::new(graph.len()), |mut all, at| {
            all.insert(at);
            all
        });
        let at = graph.at(id).unwrap();
        let mut ids: Vec<String> =
            graph.nearest(&all)[&at].iter().map(|&parent| graph.id_at(parent).to_owned()).collect();
        ids.sort();
        ids
    }

    #[test]
    fn nodes_wait_for_tests_of_their_ancestors() {
        let manifest = manifest(&[
            ("model.a", &[]),
            ("model.b", &["model.a"]),
            ("model.c", &["model.b"]),
            ("model.d", &["model.c"]),
            ("test.a", &["model.a"]),
            ("test.ab", &["model.a", "model.b"]),
        ]);
        let graph = with_tests(&Graph::build(&manifest).unwrap(), &manifest);
        assert_eq!(parents(&graph, "model.b"), ["model.a", "test.a"]);
        assert_eq!(parents(&graph, "model.c"), ["model.b", "test.ab"]);
        assert_eq!(parents(&graph, "model.d"), ["model.c"]);
    }
}
