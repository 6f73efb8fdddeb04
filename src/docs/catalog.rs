//! catalog.json v1 from the database's catalog rows.

use crate::adapter::catalog::{CatalogStatistic, CatalogTable};
use crate::hashed::HashMap;
use serde_json::{Map, Value, json};

/// catalog.json's own schema.
pub(crate) const SCHEMA: &str = "https://schemas.getdbt.com/dbt/catalog/v1.json";

/// Statistics of a table, and dbt's entry that says whether there are any.
fn stats(statistics: &[CatalogStatistic]) -> Value {
    let entry = |one: &CatalogStatistic| {
        let value = json!({
            "id": one.id, "label": one.label, "value": one.value, "include": true, "description": one.description,
        });
        (one.id.clone(), value)
    };
    let mut entries: Map<String, Value> = statistics.iter().map(entry).collect();
    let has_stats = json!({
        "id": "has_stats",
        "label": "Has Stats?",
        "value": !statistics.is_empty(),
        "include": false,
        "description": "Indicates whether there are statistics for this table",
    });
    entries.insert("has_stats".to_owned(), has_stats);
    Value::Object(entries)
}

/// The catalog of the nodes and sources of a manifest; `selected` says which of them to take.
/// `metadata` is the invocation's, without `dbt_schema_version`.
pub(crate) fn shape(
    tables: &[CatalogTable],
    database: &str,
    manifest: &Value,
    selected: &dyn Fn(&str) -> bool,
    metadata: &Map<String, Value>,
    errors: &[String],
) -> Value {
    let nodes = by_relation(manifest, "nodes", "alias");
    let sources = by_relation(manifest, "sources", "identifier");
    let mut found = [Map::new(), Map::new()];
    for table in tables {
        let key = (table.schema.to_lowercase(), table.name.to_lowercase());
        for (ids, entries) in [&nodes, &sources].into_iter().zip(&mut found) {
            for id in ids.get(&key).into_iter().flatten().filter(|id| selected(id)) {
                entries.insert((*id).to_owned(), entry(table, database, id));
            }
        }
    }
    let [nodes, sources] = found;
    let mut metadata = metadata.clone();
    metadata.shift_insert(0, "dbt_schema_version".to_owned(), SCHEMA.into());
    let errors = if errors.is_empty() { Value::Null } else { json!(errors) };
    json!({"metadata": metadata, "nodes": nodes, "sources": sources, "errors": errors})
}

/// What `--empty-catalog` writes.
pub(crate) fn empty(metadata: &Map<String, Value>) -> Value {
    shape(&[], "", &Value::Null, &|_| false, metadata, &[])
}

type ByRelation<'m> = HashMap<(String, String), Vec<&'m str>>;

fn by_relation<'m>(manifest: &'m Value, section: &str, identifier: &str) -> ByRelation<'m> {
    let mut map = ByRelation::default();
    for (id, node) in manifest.get(section).and_then(Value::as_object).into_iter().flatten() {
        let text = |key: &str| node.get(key).and_then(Value::as_str);
        let name = text(identifier).or_else(|| text("name"));
        let (Some(schema), Some(name), Some(_)) = (text("schema"), name, text("relation_name")) else {
            continue;
        };
        map.entry((schema.to_lowercase(), name.to_lowercase())).or_default().push(id);
    }
    map
}

fn entry(table: &CatalogTable, database: &str, unique_id: &str) -> Value {
    let columns: Map<String, Value> = table
        .columns
        .iter()
        .map(|column| {
            let entry = json!({
                "type": column.data_type,
                "index": column.index,
                "name": column.name,
                "comment": column.comment,
            });
            (column.name.clone(), entry)
        })
        .collect();
    json!({
        "metadata": {
            "type": table.kind,
            "schema": table.schema,
            "name": table.name,
            "database": database,
            "comment": table.comment,
            "owner": table.owner,
        },
        "columns": columns,
        "stats": stats(&table.statistics),
        "unique_id": unique_id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::catalog::CatalogColumn;

    #[test]
    fn tables_meet_their_nodes_in_any_letter_case() {
        let manifest = json!({
            "nodes": {
                "model.p.a": {"schema": "Shop", "alias": "A", "name": "a", "relation_name": "x"},
                "model.p.e": {"schema": "shop", "alias": "e", "name": "e", "relation_name": null},
            },
            "sources": {"source.p.s.a": {"schema": "shop", "identifier": "a", "name": "t", "relation_name": "x"}},
        });
        let column =
            CatalogColumn { index: 1, name: "id".into(), data_type: "integer".into(), comment: None };
        let table = |name: &str| CatalogTable {
            schema: "shop".into(),
            name: name.into(),
            kind: "VIEW".into(),
            owner: Some("me".into()),
            comment: None,
            columns: vec![column.clone()],
            statistics: Vec::new(),
        };
        let tables = [table("a"), table("e"), table("stranger")];
        let catalog = shape(&tables, "db", &manifest, &|_| true, &Map::new(), &[]);
        assert_eq!(catalog["nodes"].as_object().unwrap().len(), 1);
        assert_eq!(catalog["nodes"]["model.p.a"]["columns"]["id"]["type"], "integer");
        assert_eq!(catalog["sources"]["source.p.s.a"]["metadata"]["database"], "db");
        assert_eq!(catalog["metadata"]["dbt_schema_version"], SCHEMA);
        let rows = CatalogStatistic {
            id: "rows".into(),
            label: "Rows".into(),
            value: 12.into(),
            description: Some("How many".into()),
        };
        let counted = CatalogTable { statistics: vec![rows], ..table("a") };
        let failure = ["no more".to_owned()];
        let catalog = shape(&[counted], "db", &manifest, &|_| true, &Map::new(), &failure);
        let stats = &catalog["nodes"]["model.p.a"]["stats"];
        assert_eq!(
            stats["rows"],
            json!({"id": "rows", "label": "Rows", "value": 12, "include": true, "description": "How many"})
        );
        assert_eq!(stats["has_stats"]["value"], true);
        assert_eq!(catalog["errors"], json!(["no more"]));
        let none = shape(&tables, "db", &manifest, &|id| id.starts_with("source"), &Map::new(), &[]);
        assert!(none["nodes"].as_object().unwrap().is_empty());
    }
}
