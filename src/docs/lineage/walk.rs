//! The part of a graph that can be reached from one node or column.

use crate::hashed::{HashMap, IndexMap, IndexSet};

use super::super::artifact::{items, list};
use super::super::column_graph::{ColumnAt, ColumnGraph, Step};
use super::{Direction, Influences, Question, names};
use serde_json::Value;
use std::collections::VecDeque;

/// One vertex: a node, a column, rows, or a name that is not resolved.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Vertex {
    pub(super) label: String,
    pub(super) unique_id: Option<String>,
    pub(super) column: Option<String>,
}

/// What was reached, the start being vertex 0.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub(super) vertices: IndexSet<Vertex>,
    /// From the start against the flow of data, by vertex.
    pub(super) up: IndexMap<usize, Vec<(usize, &'static str)>>,
    /// With the flow of data.
    pub(super) down: IndexMap<usize, Vec<(usize, &'static str)>>,
}

impl Walked {
    /// All edges in the direction of the data.
    pub(super) fn edges(&self) -> IndexSet<(usize, usize, &'static str)> {
        let up =
            self.up.iter().flat_map(|(to, from)| from.iter().map(move |(from, kind)| (*from, *to, *kind)));
        let down =
            self.down.iter().flat_map(|(from, to)| to.iter().map(move |(to, kind)| (*from, *to, *kind)));
        up.chain(down).collect()
    }
}

fn directions(question: &Question<'_>) -> impl Iterator<Item = bool> + use<> {
    let direction = question.direction;
    [true, false].into_iter().filter(move |up| match direction {
        Direction::Both => true,
        Direction::Upstream => *up,
        Direction::Downstream => !*up,
    })
}

/// Breadth first from `start`, each vertex once.
fn spread<K: Clone + Eq + std::hash::Hash>(
    start: K,
    depth: Option<usize>,
    mut next: impl FnMut(&K) -> Vec<(K, &'static str)>,
    mut vertex: impl FnMut(&K) -> usize,
) -> IndexMap<usize, Vec<(usize, &'static str)>> {
    let mut reached = IndexMap::default();
    let mut seen = crate::hashed::HashSet::from_iter([start.clone()]);
    let mut queue = VecDeque::from([(start, 0usize)]);
    while let Some((key, steps)) = queue.pop_front() {
        if depth.is_some_and(|depth| steps >= depth) {
            continue;
        }
        let from = vertex(&key);
        for (other, kind) in next(&key) {
            let entry: &mut Vec<_> = reached.entry(from).or_default();
            let step = (vertex(&other), kind);
            if !entry.contains(&step) {
                entry.push(step);
            }
            if seen.insert(other.clone()) {
                queue.push_back((other, steps + 1));
            }
        }
    }
    reached
}

pub(super) fn nodes(manifest: &Value, start: &str, question: &Question<'_>) -> Walked {
    let named: HashMap<String, String> = names(manifest).into_iter().collect();
    let mut parents: HashMap<&str, Vec<&str>> = HashMap::default();
    let mut children: HashMap<&str, Vec<&str>> = HashMap::default();
    let sections = ["nodes", "exposures", "functions", "metrics", "semantic_models", "saved_queries"];
    for (id, node) in sections.into_iter().flat_map(|section| items(manifest, section)) {
        for parent in list(node, "/depends_on/nodes").filter(|parent| named.contains_key(*parent)) {
            if named.contains_key(id) {
                parents.entry(id).or_default().push(parent);
                children.entry(parent).or_default().push(id);
            }
        }
    }
    let mut walked = Walked::default();
    let vertex = |walked: &mut Walked, id: &str| {
        let label = named.get(id).cloned().unwrap_or_else(|| id.to_owned());
        walked.vertices.insert_full(Vertex { label, unique_id: Some(id.to_owned()), column: None }).0
    };
    vertex(&mut walked, start);
    for up in directions(question) {
        let edges = if up { &parents } else { &children };
        let next = |id: &String| {
            let others = edges.get(id.as_str()).into_iter().flatten();
            others.map(|other| ((*other).to_owned(), "")).collect()
        };
        let reached = spread(start.to_owned(), question.depth, next, |id| vertex(&mut walked, id));
        *(if up { &mut walked.up } else { &mut walked.down }) = reached;
    }
    walked
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    At(ColumnAt),
    Unknown(String),
}

pub(super) fn columns(
    manifest: &Value,
    graph: &ColumnGraph,
    start: &ColumnAt,
    question: &Question<'_>,
) -> Walked {
    let named: HashMap<String, String> = names(manifest).into_iter().collect();
    let label_of = |place: usize| {
        let id = graph.name(place);
        named.get(id).cloned().unwrap_or_else(|| id.to_owned())
    };
    let mut walked = Walked::default();
    let vertex = |walked: &mut Walked, key: &Key| {
        let vertex = match key {
            Key::Unknown(label) => Vertex { label: label.clone(), unique_id: None, column: None },
            Key::At(at) => Vertex {
                label: match &at.column {
                    Some(column) => format!("{}.{column}", label_of(at.place)),
                    None => format!("{} (rows)", label_of(at.place)),
                },
                unique_id: Some(graph.name(at.place).to_owned()),
                column: at.column.as_deref().map(str::to_owned),
            },
        };
        walked.vertices.insert_full(vertex).0
    };
    vertex(&mut walked, &Key::At(start.clone()));
    let unknown = |what: &str, candidates: &[usize]| {
        let labels: Vec<String> = candidates.iter().map(|&place| label_of(place)).collect();
        if labels.is_empty() { format!("? {what}") } else { format!("? {what} (of {})", labels.join(" or ")) }
    };
    let shared = question.influences == Influences::Shown;
    let upward = |key: &Key| -> Vec<(Key, &'static str)> {
        let Key::At(at) = key else { return Vec::new() };
        let every = graph.upstream.get(at.place).map_or(&[][..], |node| &node.every);
        let own = if at.column.is_some() { graph.parents(at) } else { &[] };
        own.iter()
            .chain(every.iter().filter(|_| shared))
            .map(|(step, kind)| match step {
                Step::To(at) => (Key::At(at.clone()), kind.label()),
                Step::Unknown { what, candidates } => (Key::Unknown(unknown(what, candidates)), kind.label()),
            })
            .collect()
    };
    let downward = |key: &Key| -> Vec<(Key, &'static str)> {
        let Key::At(at) = key else { return Vec::new() };
        let children = graph.children(at).iter();
        children
            .filter(|(to, _)| shared || to.column.is_some())
            .map(|(to, kind)| (Key::At(to.clone()), kind.label()))
            .collect()
    };
    for up in directions(question) {
        let start = Key::At(start.clone());
        let vertex = |key: &Key| vertex(&mut walked, key);
        if up {
            let reached = spread(start, question.depth, upward, vertex);
            walked.up = reached;
        } else {
            let reached = spread(start, question.depth, downward, vertex);
            walked.down = reached;
        }
    }
    walked
}
