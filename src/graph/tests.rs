use std::sync::Arc;

use super::*;
use crate::manifest::{Node, NodeKind};

fn manifest(nodes: &[(&str, &[&str])]) -> Manifest {
    let mut manifest = Manifest::default();
    for (name, parents) in nodes {
        let mut node = Node {
            kind: NodeKind::Model(Box::default()),
            unique_id: format!("model.p.{name}"),
            original_file_path: format!("models/{name}.sql"),
            ..Node::default()
        };
        node.depends_on.nodes = parents.iter().map(|parent| format!("model.p.{parent}")).collect();
        manifest.nodes.insert(node.unique_id.clone(), Arc::new(node));
    }
    manifest
}

#[test]
fn a_cycle_is_told_whole() {
    let error =
        Graph::build(&manifest(&[("start", &[]), ("a", &["c", "start"]), ("b", &["a"]), ("c", &["b"])]))
            .unwrap_err();
    assert_eq!(
        error.message,
        "Found a cycle: model.p.a --> model.p.b --> model.p.c\n  \
         model.p.a (models/a.sql) is read by model.p.b\n  \
         model.p.b (models/b.sql) is read by model.p.c\n  \
         model.p.c (models/c.sql) is read by model.p.a"
    );
}

#[test]
fn relatives_are_found_by_distance() {
    let graph =
        Graph::build(&manifest(&[("a", &[]), ("b", &["a"]), ("c", &["b", "a"]), ("d", &["c"])])).unwrap();
    let sorted = |places: NodeSet| {
        let mut ids: Vec<&str> = places.iter().map(|at| graph.id_at(at)).collect();
        ids.sort_unstable();
        ids.join(" ")
    };
    assert_eq!(sorted(graph.ancestors("model.p.d", None)), "model.p.a model.p.b model.p.c");
    assert_eq!(sorted(graph.ancestors("model.p.d", Some(1))), "model.p.c");
    assert_eq!(sorted(graph.descendants("model.p.a", Some(1))), "model.p.b model.p.c");
    assert_eq!(graph.levels(), [["model.p.a"], ["model.p.b"], ["model.p.c"], ["model.p.d"]]);
}

#[test]
fn order_is_kept_through_unselected_nodes() {
    let graph = Graph::build(&manifest(&[
        ("a", &[]),
        ("b", &["a"]),
        ("c", &["b"]),
        ("d", &["c", "a"]),
        ("aside", &["b"]),
    ]))
    .unwrap();
    let at = |name: &str| graph.at(&format!("model.p.{name}")).unwrap();
    let mut selected = NodeSet::new(graph.len());
    for name in ["a", "c", "d"] {
        selected.insert(at(name));
    }
    let nearest = graph.nearest(&selected);
    let of = |name: &str| nearest[&at(name)].iter().copied().collect::<Vec<_>>();
    assert_eq!((of("a"), of("c"), of("d")), (vec![], vec![at("a")], vec![at("a"), at("c")]));
    assert_eq!(nearest.len(), 3);
}
