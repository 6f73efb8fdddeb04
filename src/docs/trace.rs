//! A manifest's compiled queries as the input of column lineage.

use super::artifact::{items, list, text};
use crate::hashed::HashMap;
use crate::sql::lineage::project::{INLINED_PREFIX, Node, ProjectLineage, trace};
use crate::sql::lineage::{ColumnNames, RelationName};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::Arc;

/// The columns that a snapshot adds, and the keys that rename them.
const SNAPSHOT_COLUMNS: [&str; 5] =
    ["dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to", "dbt_is_deleted"];

/// Column lineage of every model, snapshot, seed, source and analysis of a manifest.
pub fn trace_manifest(manifest: &Value, catalog: Option<&Value>, threads: usize) -> ProjectLineage {
    let nodes =
        items(manifest, "nodes").chain(items(manifest, "sources")).filter(|(_, node)| is_traced(node));
    let ordered = topological(&nodes.collect::<Vec<_>>());
    let index: HashMap<&str, usize> = ordered.iter().enumerate().map(|(at, (id, _))| (*id, at)).collect();
    let inputs: Vec<Node<'_>> = ordered.iter().map(|(id, node)| input(id, node, catalog, &index)).collect();
    trace(&inputs, threads)
}

fn is_traced(node: &Value) -> bool {
    matches!(text(node, "/resource_type"), Some("model" | "snapshot" | "seed" | "source" | "analysis"))
}

fn input<'m>(
    id: &'m str,
    node: &'m Value,
    catalog: Option<&Value>,
    index: &HashMap<&str, usize>,
) -> Node<'m> {
    let materialized = text(node, "/config/materialized");
    let identifier = text(node, "/alias").or_else(|| text(node, "/name")).unwrap_or_default();
    let relation = match text(node, "/relation_name") {
        Some(name) => name.parse().ok(),
        None if materialized == Some("ephemeral") => {
            Some(RelationName::new(None, None, &format!("{INLINED_PREFIX}{identifier}")))
        }
        None => None,
    };
    let is_snapshot = text(node, "/resource_type") == Some("snapshot");
    let compiled =
        text(node, "/compiled_code").filter(|_| text(node, "/language").is_none_or(|it| it == "sql"));
    Node {
        unique_id: id,
        relation,
        sql: compiled.filter(|_| text(node, "/resource_type") != Some("seed")),
        known_columns: catalog.and_then(|catalog| catalog_columns(catalog, id)),
        added_columns: if is_snapshot { snapshot_columns(node) } else { Vec::new() },
        depends_on: list(node, "/depends_on/nodes").filter_map(|parent| index.get(parent).copied()).collect(),
    }
}

fn catalog_columns(catalog: &Value, id: &str) -> Option<ColumnNames> {
    let entry =
        catalog.get("nodes").and_then(|nodes| nodes.get(id)).or_else(|| catalog.get("sources")?.get(id))?;
    let mut columns: Vec<(i64, &str)> = items(entry, "columns")
        .map(|(name, column)| (column.get("index").and_then(Value::as_i64).unwrap_or(0), name))
        .collect();
    columns.sort_unstable();
    (!columns.is_empty()).then(|| columns.into_iter().map(|(_, name)| Arc::from(name)).collect())
}

fn snapshot_columns(node: &Value) -> Vec<Arc<str>> {
    let renamed = |name: &str| text(node, &format!("/config/snapshot_meta_column_names/{name}"));
    let deletes = text(node, "/config/hard_deletes") == Some("new_record");
    SNAPSHOT_COLUMNS
        .into_iter()
        .filter(|name| deletes || *name != "dbt_is_deleted")
        .map(|name| renamed(name).unwrap_or(name).into())
        .collect()
}

/// Parents first; what stands in a cycle comes last, in its given order.
fn topological<'m>(nodes: &[(&'m str, &'m Value)]) -> Vec<(&'m str, &'m Value)> {
    let index: HashMap<&str, usize> = nodes.iter().enumerate().map(|(at, (id, _))| (*id, at)).collect();
    let mut children = vec![Vec::new(); nodes.len()];
    let mut waiting = vec![0usize; nodes.len()];
    for (at, (_, node)) in nodes.iter().enumerate() {
        for parent in list(node, "/depends_on/nodes").filter_map(|id| index.get(id)) {
            children[*parent].push(at);
            waiting[at] += 1;
        }
    }
    let mut ready: VecDeque<usize> = (0..nodes.len()).filter(|&at| waiting[at] == 0).collect();
    let mut ordered = Vec::with_capacity(nodes.len());
    while let Some(at) = ready.pop_front() {
        ordered.push(nodes[at]);
        for &child in &children[at] {
            waiting[child] -= 1;
            if waiting[child] == 0 {
                ready.push_back(child);
            }
        }
    }
    ordered.extend((0..nodes.len()).filter(|&at| waiting[at] > 0).map(|at| nodes[at]));
    ordered
}
