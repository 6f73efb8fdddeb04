//! Every node as the page shows it: names, columns, parents, last results, place in the graph.

use super::super::Artifacts;
use super::super::artifact::{full_text, items, list as texts, text};
use super::super::layout::layout;
use super::results::{Results, Tests, by_id, freshness};
use crate::hashed::HashMap;
use crate::sql::lineage::ColumnNames;
use crate::sql::lineage::project::ProjectLineage;
use serde_json::{Map, Value, json};

/// The page's nodes, in the order by which everything else refers to them.
pub(super) struct Listed {
    pub(super) ids: HashMap<String, usize>,
    pub(super) entries: Vec<Value>,
    /// `[raw, compiled]` of each node, null where there is none.
    pub(super) code: Vec<Value>,
    pub(super) tests: Vec<Value>,
}

/// Sections of the manifest that have nodes of the graph.
const SECTIONS: [&str; 7] =
    ["sources", "nodes", "functions", "exposures", "metrics", "semantic_models", "saved_queries"];

/// Texts of a node under the names that the page uses.
const TEXTS: [(&str, &str); 19] = [
    ("package", "/package_name"),
    ("schema", "/schema"),
    ("relation", "/relation_name"),
    ("description", "/description"),
    ("path", "/original_file_path"),
    ("group", "/group"),
    ("access", "/access"),
    ("materialized", "/config/materialized"),
    ("strategy", "/config/incremental_strategy"),
    ("deprecated", "/deprecation_date"),
    ("color", "/config/docs/node_color"),
    ("source", "/source_name"),
    ("sourceDescription", "/source_description"),
    ("loader", "/loader"),
    ("label", "/label"),
    ("kind", "/type"),
    ("url", "/url"),
    ("maturity", "/maturity"),
    ("language", "/language"),
];

pub(super) fn project_name(manifest: &Value) -> &str {
    text(manifest, "/metadata/project_name").unwrap_or("project")
}

/// What the overview says of the project and of its artifacts.
pub(super) fn meta(artifacts: Artifacts<'_>) -> Value {
    let manifest = artifacts.manifest;
    let project = project_name(manifest);
    let doc = |name: &str| {
        items(manifest, "docs")
            .filter(|(_, doc)| text(doc, "/name") == Some(name))
            // The project's own text wins over dbt's built-in one.
            .max_by_key(|(_, doc)| text(doc, "/package_name") == Some(project))
            .filter(|(_, doc)| text(doc, "/package_name") != Some("dbt"))
            .and_then(|(_, doc)| full_text(doc, "/block_contents"))
    };
    json!({
        "project": project,
        "overview": doc(&format!("__{project}__")).or_else(|| doc("__overview__")),
        "generated": text(manifest, "/metadata/generated_at"),
        "version": text(manifest, "/metadata/dbt_version"),
        "adapter": text(manifest, "/metadata/adapter_type"),
        "catalog": artifacts.catalog.and_then(|catalog| text(catalog, "/metadata/generated_at")),
        "run": artifacts.run_results.map(|run| json!({
            "generated": text(run, "/metadata/generated_at"),
            "elapsed": run.get("elapsed_time"),
            "command": run.pointer("/args/which"),
        })),
        "freshness": artifacts.sources.and_then(|sources| text(sources, "/metadata/generated_at")),
    })
}

pub(super) fn list(artifacts: Artifacts<'_>, lineage: &ProjectLineage) -> Listed {
    let manifest = artifacts.manifest;
    let results = by_id(artifacts.run_results);
    let fresh = by_id(artifacts.sources);
    let tests = Tests::new(manifest, &results);
    let shown: Vec<(&str, &Value)> = SECTIONS
        .iter()
        .flat_map(|section| items(manifest, section))
        .filter(|(_, node)| {
            !matches!(text(node, "/resource_type"), Some("test" | "operation" | "sql_operation"))
        })
        .collect();
    let macros = items(manifest, "macros").filter(|(_, node)| is_own_macro(node));
    let all: Vec<(&str, &Value)> = shown.iter().copied().chain(macros).collect();
    let ids: HashMap<String, usize> =
        all.iter().enumerate().map(|(at, (id, _))| ((*id).to_owned(), at)).collect();
    let traced = lineage.nodes.iter().filter_map(|node| Some((&*node.unique_id, node.columns.as_ref()?)));
    let context = Context { artifacts, results, fresh, tests, ids, traced: traced.collect() };
    let mut entries: Vec<Map<String, Value>> = all.iter().map(|(id, node)| context.entry(id, node)).collect();
    place(&mut entries, &shown, &context.ids);
    Listed {
        entries: entries.into_iter().map(Value::Object).collect(),
        code: all.iter().map(|(_, node)| code(node)).collect(),
        ids: context.ids,
        tests: context.tests.entries,
    }
}

fn is_own_macro(node: &Value) -> bool {
    !matches!(text(node, "/package_name"), None | Some("dbt" | "dbt_postgres" | "rsdbt"))
}

fn place(entries: &mut [Map<String, Value>], shown: &[(&str, &Value)], ids: &HashMap<String, usize>) {
    let mut edges = Vec::new();
    for (to, (_, node)) in shown.iter().enumerate() {
        for parent in list_of(node, "/depends_on/nodes") {
            if let Some(&from) = ids.get(parent).filter(|&&from| from < shown.len() && from != to) {
                edges.push((from, to));
            }
        }
    }
    edges.sort_unstable();
    edges.dedup();
    for (entry, at) in entries.iter_mut().zip(layout(shown.len(), &edges)) {
        let row = (at.row * 100.0).round() / 100.0;
        entry.insert("at".into(), json!([at.layer, row]));
    }
}

fn list_of<'v>(node: &'v Value, pointer: &str) -> Vec<&'v str> {
    texts(node, pointer).collect()
}

fn code(node: &Value) -> Value {
    let raw = full_text(node, "/raw_code").or_else(|| full_text(node, "/macro_sql"));
    let compiled = full_text(node, "/compiled_code").filter(|compiled| Some(*compiled) != raw);
    match (raw, compiled) {
        (None, None) => Value::Null,
        (raw, None) => json!([raw]),
        (raw, compiled) => json!([raw, compiled]),
    }
}

struct Context<'a> {
    artifacts: Artifacts<'a>,
    results: Results<'a>,
    fresh: Results<'a>,
    tests: Tests,
    ids: HashMap<String, usize>,
    /// Output columns as the compiled query has them.
    traced: HashMap<&'a str, &'a ColumnNames>,
}

impl Context<'_> {
    fn entry(&self, id: &str, node: &Value) -> Map<String, Value> {
        let mut entry = Map::new();
        let kind = text(node, "/resource_type").unwrap_or("model");
        entry.insert("id".into(), id.into());
        entry.insert("type".into(), kind.into());
        entry.insert("name".into(), shown_name(node, kind).into());
        for (key, pointer) in TEXTS {
            if let Some(value) = full_text(node, pointer) {
                entry.insert(key.into(), value.into());
            }
        }
        entry.insert("layer".into(), layer(node, kind).into());
        let mut put = |key: &str, value: Value| {
            let empty = match &value {
                Value::Null => true,
                Value::Array(list) => list.is_empty(),
                Value::Object(map) => map.is_empty(),
                Value::String(text) => text.is_empty(),
                _ => false,
            };
            if !empty {
                entry.insert(key.into(), value);
            }
        };
        let parents = list_of(node, "/depends_on/nodes");
        put("parents", parents.iter().filter_map(|parent| self.ids.get(*parent)).copied().collect());
        put("tags", list_of(node, "/tags").into());
        put("meta", node.get("meta").filter(|meta| meta.is_object()).cloned().unwrap_or_default());
        put("owner", self.owner(id, node));
        put("columns", self.columns(id, node));
        put("tests", self.tests.of_node(id).into());
        put("arguments", node.get("arguments").cloned().unwrap_or_default());
        put("version", node.get("version").cloned().unwrap_or_default());
        if node.pointer("/contract/enforced") == Some(&Value::Bool(true)) {
            put("contract", Value::Bool(true));
        }
        if let Some(table) = self.catalog(id) {
            put("tableType", table.pointer("/metadata/type").cloned().unwrap_or_default());
            put("comment", table.pointer("/metadata/comment").cloned().unwrap_or_default());
        }
        if let Some(result) = self.results.get(id) {
            for (key, pointer) in [
                ("status", "/status"),
                ("message", "/message"),
                ("seconds", "/execution_time"),
                ("rows", "/adapter_response/rows_affected"),
            ] {
                put(key, result.pointer(pointer).cloned().unwrap_or_default());
            }
        }
        if let Some(result) = self.fresh.get(id) {
            put("freshness", freshness(result));
        }
        let observed = |what: &str| self.artifacts.observed.and_then(|all| all.pointer(what)?.get(id));
        put("stored", observed("/tables").cloned().unwrap_or_default());
        put("history", observed("/history/nodes").cloned().unwrap_or_default());
        entry
    }

    fn catalog(&self, id: &str) -> Option<&Value> {
        let catalog = self.artifacts.catalog?;
        ["nodes", "sources"].into_iter().find_map(|section| catalog.get(section)?.get(id))
    }

    /// An exposure's owner, the group's owner, `meta.owner`, or the role that owns the relation.
    fn owner(&self, id: &str, node: &Value) -> Value {
        let person = |owner: &Value| {
            let parts = ["/name", "/email"].into_iter().filter_map(|pointer| full_text(owner, pointer));
            parts.collect::<Vec<_>>().join(", ")
        };
        let of_group = || {
            let group = full_text(node, "/group")?;
            let groups = items(self.artifacts.manifest, "groups");
            let mut named = groups.filter(|(_, entry)| text(entry, "/name") == Some(group));
            named
                .next()
                .and_then(|(_, entry)| entry.get("owner"))
                .map(person)
                .filter(|owner| !owner.is_empty())
        };
        let own = node.get("owner").filter(|owner| owner.is_object()).map(person);
        own.or_else(|| full_text(node, "/meta/owner").map(str::to_owned))
            .or_else(of_group)
            .or_else(|| {
                self.catalog(id).and_then(|table| full_text(table, "/metadata/owner")).map(str::to_owned)
            })
            .map_or(Value::Null, Value::from)
    }

    /// The database's columns in its order, without a catalog the query's; then those that are only documented.
    fn columns(&self, id: &str, node: &Value) -> Value {
        let documented: HashMap<String, &Value> = items(node, "columns")
            .map(|(name, column)| (name.trim_matches('"').to_lowercase(), column))
            .collect();
        let table = self.catalog(id);
        let mut real: Vec<(i64, &str, Option<&Value>)> = table
            .into_iter()
            .flat_map(|table| items(table, "columns"))
            .map(|(name, column)| {
                (column.get("index").and_then(Value::as_i64).unwrap_or(0), name, Some(column))
            })
            .collect();
        real.sort_by_key(|(index, ..)| *index);
        if let (true, Some(names)) = (real.is_empty(), self.traced.get(id)) {
            real.extend(names.iter().map(|name| (0, &**name, None)));
        }
        let mut columns: Vec<Value> = Vec::new();
        for (_, name, column) in &real {
            let doc = documented.get(&name.to_lowercase()).copied();
            let declared = || text(doc?, "/data_type");
            let data_type = column.and_then(|column| text(column, "/type")).or_else(declared);
            columns.push(self.column(id, name, data_type, doc));
        }
        for (name, column) in items(node, "columns") {
            let name = name.trim_matches('"');
            if !real.iter().any(|(_, have, _)| have.eq_ignore_ascii_case(name)) {
                columns.push(self.column(id, name, text(column, "/data_type"), Some(column)));
            }
        }
        columns.into()
    }

    fn column(&self, id: &str, name: &str, data_type: Option<&str>, doc: Option<&Value>) -> Value {
        let mut column = Map::new();
        column.insert("name".into(), name.into());
        if let Some(data_type) = data_type {
            column.insert("type".into(), data_type.into());
        }
        if let Some(description) = doc.and_then(|doc| full_text(doc, "/description")) {
            column.insert("description".into(), description.into());
        }
        let tags: Vec<&str> = doc.map(|doc| list_of(doc, "/tags")).unwrap_or_default();
        if !tags.is_empty() {
            column.insert("tags".into(), tags.into());
        }
        let tests = self.tests.of_column(id, name);
        if !tests.is_empty() {
            column.insert("tests".into(), tests.into());
        }
        Value::Object(column)
    }
}

/// `source.table`, `model.v2`, or just the name.
fn shown_name(node: &Value, kind: &str) -> String {
    let name = text(node, "/name").unwrap_or_default();
    match (kind, text(node, "/source_name"), node.get("version")) {
        ("source", Some(source), _) => format!("{source}.{name}"),
        (_, _, Some(version)) if !version.is_null() => {
            format!("{name}.v{}", version.as_str().map_or_else(|| version.to_string(), str::to_owned))
        }
        _ => name.to_owned(),
    }
}

/// Sources, seeds and the like by their kind, models by their first folder.
fn layer(node: &Value, kind: &str) -> String {
    if kind != "model" {
        return kind.to_owned();
    }
    // fqn: package, folders.., name
    let fqn: Vec<&str> = list_of(node, "/fqn");
    match fqn.as_slice() {
        [_, folder, .., _] => (*folder).to_owned(),
        _ => kind.to_owned(),
    }
}
