//! The names by which users call nodes.

use serde_json::Value;

use crate::docs::artifact::{items, text as text_at};

/// Unique ids and the names by which users call the nodes.
pub(super) fn names(manifest: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for section in
        ["nodes", "sources", "exposures", "functions", "metrics", "semantic_models", "saved_queries"]
    {
        for (id, node) in items(manifest, section) {
            if !matches!(text_at(node, "/resource_type"), Some("test" | "operation" | "sql_operation")) {
                found.push((id.to_owned(), short_name(node)));
            }
        }
    }
    found
}

/// `source.table`, `model.v2` or the name.
pub(super) fn short_name(node: &Value) -> String {
    let name = text_at(node, "/name").unwrap_or_default();
    match (text_at(node, "/source_name"), node.get("version").filter(|version| !version.is_null())) {
        (Some(source), _) => format!("{source}.{name}"),
        (_, Some(version)) => {
            format!("{name}.v{}", version.as_str().map_or_else(|| version.to_string(), str::to_owned))
        }
        _ => name.to_owned(),
    }
}
