//! Column lineage in a compact form for the page.

use super::super::column_graph::{ColumnGraph, Step};
use crate::hashed::HashMap;
use crate::sql::lineage::{Clause, EdgeKind};
use serde_json::{Map, Value, json};

/// `nodes[i]` is `{columns: [[name, [edge..]]..], every: [edge..], failure}` for the i-th node of the index.
/// An edge is `[node, column, kind]`; outside relations are negative: `outside[-1 - node]`. An unknown edge
/// is `[null, name, kind, [candidates]]`; a column of `null` means the rows as such.
pub(super) fn encode(graph: &ColumnGraph, ids: &HashMap<String, usize>) -> Value {
    let mut outside: Vec<&str> = Vec::new();
    let places: Vec<i64> = graph
        .names
        .iter()
        .map(|name| match ids.get(&**name) {
            Some(&index) => i64::try_from(index).unwrap_or_default(),
            None => {
                outside.push(name);
                -i64::try_from(outside.len()).unwrap_or_default()
            }
        })
        .collect();
    let mut nodes = vec![Value::Null; ids.len()];
    for (place, edges) in graph.upstream.iter().enumerate() {
        let Some(slot) = usize::try_from(places[place]).ok().and_then(|index| nodes.get_mut(index)) else {
            continue;
        };
        let mut entry = Map::new();
        let columns: Vec<Value> = edges
            .columns
            .iter()
            .map(|(name, steps)| json!([&**name, encode_steps(steps, &places)]))
            .collect();
        if !columns.is_empty() {
            entry.insert("columns".into(), columns.into());
        }
        if !edges.every.is_empty() {
            entry.insert("every".into(), encode_steps(&edges.every, &places).into());
        }
        if let Some(failure) = &edges.failure {
            entry.insert("failure".into(), failure.as_str().into());
        }
        *slot = Value::Object(entry);
    }
    json!({"outside": outside, "nodes": nodes})
}

fn encode_steps(steps: &[(Step, EdgeKind)], places: &[i64]) -> Vec<Value> {
    steps
        .iter()
        .map(|(step, kind)| match step {
            Step::To(at) => json!([places[at.place], at.column.as_deref(), letter(*kind)]),
            Step::Unknown { what, candidates } => {
                let candidates: Vec<i64> = candidates.iter().map(|&place| places[place]).collect();
                json!([null, &**what, letter(*kind), candidates])
            }
        })
        .collect()
}

fn letter(kind: EdgeKind) -> &'static str {
    match kind {
        EdgeKind::Direct => "d",
        EdgeKind::Derived => "e",
        EdgeKind::Influence(Clause::Filter) => "f",
        EdgeKind::Influence(Clause::Join) => "j",
        EdgeKind::Influence(Clause::Group) => "g",
        EdgeKind::Influence(Clause::Order) => "o",
    }
}
