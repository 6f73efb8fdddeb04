//! Which selected node waits for which: the graph's edges, led through what was not selected, and in a
//! `build` the edges from tests to what comes after the tested nodes.

use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

use crate::hashed::{HashMap, HashSet};
use crate::manifest::Manifest;

type Ids = BTreeSet<String>;

/// Parents and children of everything in the graph.
pub(super) struct Edges<'a> {
    parents: HashMap<&'a str, Vec<&'a str>>,
    children: HashMap<&'a str, Vec<&'a str>>,
}

impl<'a> Edges<'a> {
    pub(super) fn of(manifest: &'a Manifest) -> Self {
        let mut edges = Self { parents: HashMap::default(), children: HashMap::default() };
        for resource in manifest.resources() {
            for parent in resource.parents() {
                edges.add(parent, resource.unique_id());
            }
        }
        edges
    }

    fn add(&mut self, parent: &'a str, child: &'a str) {
        self.parents.entry(child).or_default().push(parent);
        self.children.entry(parent).or_default().push(child);
    }

    /// dbt: a node waits for the tests of its ancestors whose parents are all among its ancestors.
    pub(super) fn with_tests(mut self, manifest: &'a Manifest) -> Self {
        let is_test = |id: &str| id.starts_with("test.") || id.starts_with("unit_test.");
        let mut additions = Vec::new();
        for (id, node) in &manifest.nodes {
            if !node.is_test() {
                continue;
            }
            let mut common: Option<HashSet<&'a str>> = None;
            for parent in &node.depends_on.nodes {
                let below: HashSet<&'a str> = if node.depends_on.nodes.len() == 1 {
                    self.children.get(parent.as_str()).into_iter().flatten().copied().collect()
                } else {
                    self.descendants(parent)
                };
                common = Some(match common {
                    Some(known) => known.intersection(&below).copied().collect(),
                    None => below,
                });
            }
            let common = common.unwrap_or_default();
            for &child in &common {
                if is_test(child) || !manifest.nodes.contains_key(child) {
                    continue;
                }
                // The nearest ones are enough: the others wait for them.
                let mut above = self.parents.get(child).into_iter().flatten();
                if !above.any(|parent| common.contains(parent) && !is_test(parent)) {
                    additions.push((id.as_str(), child));
                }
            }
        }
        for (test, child) in additions {
            self.add(test, child);
        }
        self
    }

    fn descendants(&self, id: &str) -> HashSet<&'a str> {
        let mut found = HashSet::default();
        let mut open: VecDeque<&'a str> = self.children.get(id).into_iter().flatten().copied().collect();
        while let Some(next) = open.pop_front() {
            if found.insert(next) {
                open.extend(self.children.get(next).into_iter().flatten());
            }
        }
        found
    }

    /// For each selected node the selected nodes that it waits for, through any that are not selected.
    pub(super) fn between(&self, selected: &HashSet<&str>) -> HashMap<String, Ids> {
        let mut known: HashMap<&'a str, Rc<Ids>> = HashMap::default();
        selected.iter().map(|&id| ((*id).to_owned(), self.nearest(id, selected, &mut known))).collect()
    }

    /// The nearest selected ancestors. Walks with its own stack: chains may be long.
    fn nearest(&self, id: &str, selected: &HashSet<&str>, known: &mut HashMap<&'a str, Rc<Ids>>) -> Ids {
        let above = |id: &str| self.parents.get(id).map_or(&[][..], Vec::as_slice);
        let mut open: Vec<&'a str> = above(id).to_vec();
        while let Some(&next) = open.last() {
            if selected.contains(next) || known.contains_key(next) {
                open.pop();
                continue;
            }
            let missing: Vec<&'a str> = above(next)
                .iter()
                .copied()
                .filter(|parent| !selected.contains(parent) && !known.contains_key(parent))
                .collect();
            if missing.is_empty() {
                let ids = self.join(above(next), selected, known);
                known.insert(next, Rc::new(ids));
                open.pop();
            } else {
                open.extend(missing);
            }
        }
        self.join(above(id), selected, known)
    }

    #[expect(clippy::unused_self, reason = "reads as a step of `nearest`")]
    fn join(&self, parents: &[&str], selected: &HashSet<&str>, known: &HashMap<&'a str, Rc<Ids>>) -> Ids {
        let mut ids = Ids::new();
        for parent in parents {
            if selected.contains(parent) {
                ids.insert((*parent).to_owned());
            } else if let Some(more) = known.get(parent) {
                ids.extend(more.iter().cloned());
            }
        }
        ids
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
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

    fn waits(edges: &Edges<'_>, selected: &[&str], id: &str) -> Vec<String> {
        edges.between(&selected.iter().copied().collect())[id].iter().cloned().collect()
    }

    #[test]
    fn order_is_kept_through_unselected_nodes() {
        let manifest = manifest(&[("model.a", &[]), ("model.b", &["model.a"]), ("model.c", &["model.b"])]);
        let edges = Edges::of(&manifest);
        assert_eq!(waits(&edges, &["model.a", "model.c"], "model.c"), ["model.a"]);
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
        let edges = Edges::of(&manifest).with_tests(&manifest);
        let all: Vec<&str> = manifest.nodes.keys().map(String::as_str).collect();
        assert_eq!(waits(&edges, &all, "model.b"), ["model.a", "test.a"]);
        assert_eq!(waits(&edges, &all, "model.c"), ["model.b", "test.ab"]);
        assert_eq!(waits(&edges, &all, "model.d"), ["model.c"]);
    }
}
