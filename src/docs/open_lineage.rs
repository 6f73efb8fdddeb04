//! OpenLineage run events: one START and one COMPLETE or FAIL for each node that is built.

use super::artifact::{items, list, text};
use super::column_graph::{ColumnGraph, NodeEdges, Step};
use crate::sql::lineage::{Clause, EdgeKind};
use serde_json::{Map, Value, json};

const PRODUCER: &str = "urn:rsdbt";
const EVENT: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";

/// What happened to the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventType {
    Start,
    Complete,
    Fail,
}

/// The run that an event belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run<'r> {
    /// A UUID for this node in this invocation.
    pub run_id: &'r str,
    /// RFC 3339.
    pub time: &'r str,
    /// `postgres://host:port`
    pub dataset_namespace: &'r str,
    pub job_namespace: &'r str,
    /// Why it failed.
    pub error: Option<&'r str>,
}

/// The event of one node; none if the manifest does not know it.
pub(crate) fn event(
    manifest: &Value,
    columns: &ColumnGraph,
    unique_id: &str,
    event_type: EventType,
    run: Run<'_>,
) -> Option<Value> {
    let node = find(manifest, unique_id)?;
    let mut run_facets = Map::new();
    if let Some(error) = run.error {
        let facet = facet("ErrorMessageRunFacet", json!({"message": error, "programmingLanguage": "SQL"}));
        run_facets.insert("errorMessage".into(), facet);
    }
    let mut job_facets = Map::new();
    if let Some(sql) = text(node, "/compiled_code") {
        job_facets.insert("sql".into(), facet("SQLJobFacet", json!({"query": sql, "dialect": "postgres"})));
    }
    let mut parents = Vec::new();
    datasets(manifest, node, &mut parents, 0);
    let inputs: Vec<Value> =
        parents.into_iter().filter_map(|parent| dataset(parent, run, Map::new())).collect();
    let mut output_facets = Map::new();
    if let Some(place) = columns.names.get_index_of(unique_id) {
        output_facets.insert("columnLineage".into(), column_lineage(manifest, columns, place, run));
    }
    let outputs: Vec<Value> = dataset(node, run, output_facets).into_iter().collect();
    Some(json!({
        "eventType": match event_type {
            EventType::Start => "START",
            EventType::Complete => "COMPLETE",
            EventType::Fail => "FAIL",
        },
        "eventTime": run.time,
        "producer": PRODUCER,
        "schemaURL": EVENT,
        "run": {"runId": run.run_id, "facets": run_facets},
        "job": {"namespace": run.job_namespace, "name": unique_id, "facets": job_facets},
        "inputs": inputs,
        "outputs": outputs,
    }))
}

fn find<'m>(manifest: &'m Value, unique_id: &str) -> Option<&'m Value> {
    ["nodes", "sources"].into_iter().find_map(|section| manifest.get(section)?.get(unique_id))
}

/// The datasets that a node reads, those behind ephemeral models included.
fn datasets<'m>(manifest: &'m Value, node: &'m Value, into: &mut Vec<&'m Value>, depth: usize) {
    for parent in list(node, "/depends_on/nodes").filter_map(|parent| find(manifest, parent)) {
        if dataset_name(parent).is_none() {
            if depth < 64 {
                datasets(manifest, parent, into, depth + 1);
            }
        } else if !into.iter().any(|known| std::ptr::eq(*known, parent)) {
            into.push(parent);
        }
    }
}

fn facet(name: &str, mut body: Value) -> Value {
    if let Some(body) = body.as_object_mut() {
        let version = match name {
            "ColumnLineageDatasetFacet" => "1-2-0",
            "SchemaDatasetFacet" => "1-1-1",
            "SQLJobFacet" => "1-1-0",
            _ => "1-0-0",
        };
        body.insert("_producer".into(), PRODUCER.into());
        let url = format!("https://openlineage.io/spec/facets/{version}/{name}.json");
        body.insert("_schemaURL".into(), url.into());
    }
    body
}

fn dataset_name(node: &Value) -> Option<String> {
    let name = text(node, "/alias").or_else(|| text(node, "/identifier")).or_else(|| text(node, "/name"))?;
    text(node, "/relation_name")?;
    let parts = [text(node, "/database"), text(node, "/schema"), Some(name)];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join("."))
}

fn dataset(node: &Value, run: Run<'_>, mut facets: Map<String, Value>) -> Option<Value> {
    let fields: Vec<Value> = items(node, "columns")
        .map(|(name, column)| {
            json!({
                "name": name,
                "type": text(column, "/data_type"),
                "description": text(column, "/description"),
            })
        })
        .collect();
    if !fields.is_empty() {
        facets.insert("schema".into(), facet("SchemaDatasetFacet", json!({"fields": fields})));
    }
    Some(json!({"namespace": run.dataset_namespace, "name": dataset_name(node)?, "facets": facets}))
}

/// Which input columns each output column has; unresolved ones are left out, as the format has no word for them.
fn column_lineage(manifest: &Value, columns: &ColumnGraph, place: usize, run: Run<'_>) -> Value {
    let empty = NodeEdges::default();
    let edges = columns.upstream.get(place).unwrap_or(&empty);
    let inputs = |steps: &[(Step, EdgeKind)]| -> Vec<Value> {
        let mut found = Vec::new();
        for (step, kind) in steps {
            leaves(manifest, columns, step, *kind, &mut found, 0);
        }
        let mut inputs: Vec<Value> = Vec::new();
        for (name, column, kind) in found {
            let input = json!({
                "namespace": run.dataset_namespace,
                "name": name,
                "field": column,
                "transformations": [transformation(kind)],
            });
            if !inputs.contains(&input) {
                inputs.push(input);
            }
        }
        inputs
    };
    let fields: Map<String, Value> = edges
        .columns
        .iter()
        .filter(|(name, _)| &**name != "*")
        .map(|(name, steps)| (name.to_string(), json!({"inputFields": inputs(steps)})))
        .collect();
    facet("ColumnLineageDatasetFacet", json!({"fields": fields, "dataset": inputs(&edges.every)}))
}

/// The columns of datasets behind a step: an ephemeral model is none, so lineage goes through it.
fn leaves(
    manifest: &Value,
    columns: &ColumnGraph,
    step: &Step,
    kind: EdgeKind,
    into: &mut Vec<(String, String, EdgeKind)>,
    depth: usize,
) {
    let Step::To(at) = step else { return };
    let Some(column) = at.column.as_deref() else { return };
    let id = columns.name(at.place);
    let name = match find(manifest, id) {
        None => Some(id.to_owned()),
        Some(node) => dataset_name(node),
    };
    if let Some(name) = name {
        into.push((name, column.to_owned(), kind));
    } else if depth < 64 {
        for (next, inner) in columns.parents(at) {
            let kind = if kind == EdgeKind::Direct { *inner } else { kind };
            leaves(manifest, columns, next, kind, into, depth + 1);
        }
    }
}

fn transformation(kind: EdgeKind) -> Value {
    let (kind, subtype) = match kind {
        EdgeKind::Direct => ("DIRECT", "IDENTITY"),
        EdgeKind::Derived => ("DIRECT", "TRANSFORMATION"),
        EdgeKind::Influence(Clause::Filter) => ("INDIRECT", "FILTER"),
        EdgeKind::Influence(Clause::Join) => ("INDIRECT", "JOIN"),
        EdgeKind::Influence(Clause::Group) => ("INDIRECT", "GROUP_BY"),
        EdgeKind::Influence(Clause::Order) => ("INDIRECT", "SORT"),
    };
    json!({"type": kind, "subtype": subtype, "description": "", "masking": false})
}

#[cfg(test)]
mod tests {
    use super::super::trace_manifest;
    use super::*;

    #[test]
    fn an_event_names_the_columns_that_feed_each_column() {
        let manifest = json!({
            "sources": {"source.p.raw.t": {"resource_type": "source", "database": "db", "schema": "raw", "name": "t", "identifier": "T1", "relation_name": "\"db\".\"raw\".\"T1\""}},
            "nodes": {"model.p.m": {
                "resource_type": "model", "database": "db", "schema": "s", "name": "m", "alias": "m", "relation_name": "\"db\".\"s\".\"m\"",
                "compiled_code": "select a, b + 1 as b from \"db\".\"raw\".\"T1\" where c",
                "depends_on": {"nodes": ["source.p.raw.t"]},
            }, "model.p.eph": {
                "resource_type": "model", "name": "eph", "alias": "eph", "relation_name": null, "config": {"materialized": "ephemeral"},
                "compiled_code": "select a + b as x from db.s.m", "depends_on": {"nodes": ["model.p.m"]},
            }, "model.p.over": {
                "resource_type": "model", "database": "db", "schema": "s", "name": "over", "alias": "over", "relation_name": "\"db\".\"s\".\"over\"",
                "compiled_code": "with __dbt__cte__eph as (select a + b as x from db.s.m) select x as y from __dbt__cte__eph",
                "depends_on": {"nodes": ["model.p.eph"]},
            }},
        });
        let columns = ColumnGraph::new(&trace_manifest(&manifest, None, 1));
        let run = Run {
            run_id: "r",
            time: "t",
            dataset_namespace: "postgres://h:5432",
            job_namespace: "p",
            error: None,
        };
        let event = event(&manifest, &columns, "model.p.m", EventType::Complete, run).unwrap();
        assert_eq!(event["inputs"][0]["name"], "db.raw.T1");
        assert_eq!(event["outputs"][0]["name"], "db.s.m");
        let through = self::event(&manifest, &columns, "model.p.over", EventType::Start, run).unwrap();
        assert_eq!(through["inputs"][0]["name"], "db.s.m");
        let fields = &through["outputs"][0]["facets"]["columnLineage"]["fields"];
        assert_eq!(fields["y"]["inputFields"][0]["name"], "db.s.m");
        assert_eq!(fields["y"]["inputFields"][0]["transformations"][0]["subtype"], "TRANSFORMATION");
        let lineage = &event["outputs"][0]["facets"]["columnLineage"];
        assert_eq!(lineage["fields"]["a"]["inputFields"][0]["field"], "a");
        assert_eq!(
            lineage["fields"]["b"]["inputFields"][0]["transformations"][0]["subtype"],
            "TRANSFORMATION"
        );
        assert_eq!(lineage["dataset"][0]["transformations"][0]["subtype"], "FILTER");
    }
}
