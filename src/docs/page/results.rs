//! What happened last: statuses of nodes, tests and freshness.

use crate::hashed::HashMap;

use super::super::artifact::{full_text, items, list, text};
use serde_json::{Map, Value, json};

/// Results by unique id.
pub(super) type Results<'a> = HashMap<&'a str, &'a Value>;

pub(super) fn by_id(artifact: Option<&Value>) -> Results<'_> {
    let results = artifact.and_then(|artifact| artifact.get("results")).and_then(Value::as_array);
    results.into_iter().flatten().filter_map(|result| Some((text(result, "/unique_id")?, result))).collect()
}

/// Data tests and unit tests, and which nodes and columns they belong to.
#[derive(Default)]
pub(super) struct Tests {
    pub(super) entries: Vec<Value>,
    by_node: HashMap<String, Vec<usize>>,
    by_column: HashMap<(String, String), Vec<usize>>,
}

impl Tests {
    pub(super) fn new(manifest: &Value, results: &Results<'_>) -> Self {
        let mut tests = Self::default();
        for (id, node) in
            items(manifest, "nodes").filter(|(_, node)| text(node, "/resource_type") == Some("test"))
        {
            let attached = text(node, "/attached_node").map(str::to_owned);
            let owners: Vec<String> = match attached {
                Some(owner) => vec![owner],
                None => list(node, "/depends_on/nodes").map(str::to_owned).collect(),
            };
            tests.add(id, node, "data", &owners, results);
        }
        for (id, node) in items(manifest, "unit_tests") {
            let owners: Vec<String> = list(node, "/depends_on/nodes").take(1).map(str::to_owned).collect();
            tests.add(id, node, "unit", &owners, results);
        }
        tests
    }

    fn add(&mut self, id: &str, node: &Value, kind: &str, owners: &[String], results: &Results<'_>) {
        let index = self.entries.len();
        let column = full_text(node, "/column_name");
        let mut entry = Map::new();
        entry.insert("id".into(), id.into());
        entry.insert("label".into(), label(node).into());
        entry.insert("kind".into(), kind.into());
        let severity = text(node, "/config/severity").unwrap_or_default().to_lowercase();
        let description = full_text(node, "/description").map(Value::from);
        for (key, value) in [
            ("column", column.map(Value::from)),
            ("severity", (severity == "warn").then(|| json!("warn"))),
            ("description", description),
            ("path", full_text(node, "/original_file_path").map(Value::from)),
        ] {
            if let Some(value) = value {
                entry.insert(key.into(), value);
            }
        }
        if let Some(result) = results.get(id) {
            for (key, pointer) in [("status", "/status"), ("failures", "/failures"), ("message", "/message")]
            {
                if let Some(value) = result.pointer(pointer).filter(|value| !value.is_null()) {
                    entry.insert(key.into(), value.clone());
                }
            }
        }
        self.entries.push(Value::Object(entry));
        for owner in owners {
            self.by_node.entry(owner.clone()).or_default().push(index);
            if let Some(column) = column {
                self.by_column.entry((owner.clone(), column.to_lowercase())).or_default().push(index);
            }
        }
    }

    pub(super) fn of_node(&self, id: &str) -> &[usize] {
        self.by_node.get(id).map_or(&[], Vec::as_slice)
    }

    pub(super) fn of_column(&self, id: &str, column: &str) -> &[usize] {
        let column = column.trim_matches('"').to_lowercase();
        self.by_column.get(&(id.to_owned(), column)).map_or(&[], Vec::as_slice)
    }
}

/// `unique`, `accepted_values (placed, shipped)`, or the singular test's name.
fn label(node: &Value) -> String {
    let name = text(node, "/name").unwrap_or_default();
    let Some(test) = text(node, "/test_metadata/name") else { return name.to_owned() };
    let kwargs = node.pointer("/test_metadata/kwargs").and_then(Value::as_object);
    let arguments: Vec<String> = kwargs
        .into_iter()
        .flatten()
        .filter(|(key, _)| !matches!(key.as_str(), "model" | "column_name"))
        .map(|(key, value)| match value {
            Value::String(text) => format!("{key}: {text}"),
            other => format!("{key}: {other}"),
        })
        .collect();
    let namespace = text(node, "/test_metadata/namespace").map(|it| format!("{it}.")).unwrap_or_default();
    if arguments.is_empty() {
        format!("{namespace}{test}")
    } else {
        format!("{namespace}{test} ({})", arguments.join(", "))
    }
}

/// A source's freshness as `source freshness` found it.
pub(super) fn freshness(result: &Value) -> Value {
    json!({
        "status": result.get("status"),
        "loaded": result.get("max_loaded_at"),
        "age": result.get("max_loaded_at_time_ago_in_s"),
        "criteria": result.get("criteria"),
    })
}
