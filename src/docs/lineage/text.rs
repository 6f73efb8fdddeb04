//! Lineage as a tree, JSON, Mermaid or Graphviz text.

use crate::hashed::{HashSet, IndexMap};

use super::walk::Walked;
use serde_json::json;
use std::fmt::Write as _;

type Reached = IndexMap<usize, Vec<(usize, &'static str)>>;

pub(super) fn tree(walked: &Walked) -> String {
    let mut text = String::new();
    let label = |at: usize| walked.vertices.get_index(at).map_or("", |vertex| vertex.label.as_str());
    let both = !walked.up.is_empty() && !walked.down.is_empty();
    for (title, reached) in [("upstream", &walked.up), ("downstream", &walked.down)] {
        if reached.is_empty() && (both || !text.is_empty() || title == "upstream" && !walked.down.is_empty())
        {
            continue;
        }
        let note = if both { format!("  ({title})") } else { String::new() };
        let _ = writeln!(text, "{}{note}", label(0));
        let mut seen = HashSet::from_iter([0]);
        branches(reached, 0, "", &label, &mut seen, &mut text);
    }
    text
}

/// A vertex that was shown already is not opened again.
fn branches<'l>(
    reached: &Reached,
    at: usize,
    indent: &str,
    label: &impl Fn(usize) -> &'l str,
    seen: &mut HashSet<usize>,
    text: &mut String,
) {
    let Some(steps) = reached.get(&at) else { return };
    for (index, (next, kind)) in steps.iter().enumerate() {
        let last = index + 1 == steps.len();
        let repeated = !seen.insert(*next);
        let again = if repeated && reached.contains_key(next) { "  (see above)" } else { "" };
        let kind = if kind.is_empty() { String::new() } else { format!("  {kind}") };
        let _ = writeln!(text, "{indent}{} {}{kind}{again}", if last { "└─" } else { "├─" }, label(*next));
        if !repeated {
            let indent = format!("{indent}{}", if last { "   " } else { "│  " });
            branches(reached, *next, &indent, label, seen, text);
        }
    }
}

pub(super) fn json(walked: &Walked) -> String {
    let vertices: Vec<_> = walked
        .vertices
        .iter()
        .map(|vertex| json!({"label": vertex.label, "unique_id": vertex.unique_id, "column": vertex.column}))
        .collect();
    let edges: Vec<_> = walked
        .edges()
        .into_iter()
        .map(|(from, to, kind)| {
            let kind = (!kind.is_empty()).then_some(kind);
            json!({"from": from, "to": to, "kind": kind})
        })
        .collect();
    let value = json!({"target": 0, "nodes": vertices, "edges": edges});
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    text
}

pub(super) fn mermaid(walked: &Walked) -> String {
    let mut text = String::from("flowchart LR\n");
    for (at, vertex) in walked.vertices.iter().enumerate() {
        let label = vertex.label.replace('&', "#amp;").replace('"', "#quot;").replace('<', "#lt;");
        let _ = writeln!(text, "  n{at}[\"{label}\"]");
    }
    for (from, to, kind) in walked.edges() {
        let arrow = match kind {
            "" | "direct" => "-->".to_owned(),
            "derived" => "-->|derived|".to_owned(),
            other => format!("-.->|{other}|"),
        };
        let _ = writeln!(text, "  n{from} {arrow} n{to}");
    }
    text
}

pub(super) fn dot(walked: &Walked) -> String {
    let mut text = String::from("digraph lineage {\n  rankdir=LR;\n  node [shape=box];\n");
    for (at, vertex) in walked.vertices.iter().enumerate() {
        let label = vertex.label.replace('\\', "\\\\").replace('"', "\\\"");
        let _ = writeln!(text, "  n{at} [label=\"{label}\"];");
    }
    for (from, to, kind) in walked.edges() {
        let style = match kind {
            "" | "direct" => String::new(),
            "derived" => " [label=\"derived\"]".to_owned(),
            other => format!(" [label=\"{other}\", style=dotted]"),
        };
        let _ = writeln!(text, "  n{from} -> n{to}{style};");
    }
    text.push_str("}\n");
    text
}
