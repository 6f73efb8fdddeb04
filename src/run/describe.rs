//! How nodes are named in lines and logs.

use serde_json::{Value, json};

use super::emitter::{NodeInfo, NodeRelation};
use super::status::NodeStatus;
use crate::manifest::{Manifest, Node, NodeKind, Resource, ResourceType, SourceDefinition};

/// What the log tells about a node.
pub(crate) fn node_info(manifest: &Manifest, resource: Resource<'_>) -> NodeInfo {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut info = NodeInfo {
        node_path: resource.path().to_owned(),
        node_name: resource.name().to_owned(),
        unique_id: resource.unique_id().to_owned(),
        resource_type: resource.resource_type().to_string(),
        materialized: text(resource.config().get("materialized")),
        node_status: NodeStatus::Started,
        meta: Value::Object(serde_json::Map::new()),
        ..NodeInfo::default()
    };
    match resource {
        Resource::Node(node) => {
            info.meta = Value::Object(node.meta.clone().into());
            info.group = node.group.as_ref().and_then(|name| group(manifest, name));
            info.node_checksum.clone_from(&node.checksum.checksum);
            info.node_relation = NodeRelation {
                database: node.database.clone().unwrap_or_default(),
                schema: node.schema.clone(),
                alias: node.alias.clone(),
                relation_name: node.relation_name.clone().unwrap_or_default(),
            };
        }
        Resource::Source(source) => {
            info.meta = Value::Object(source.meta.clone());
            info.node_relation = NodeRelation {
                database: source.database.clone().unwrap_or_default(),
                schema: source.schema.clone(),
                alias: source.identifier.clone(),
                relation_name: source.relation_name.clone().unwrap_or_default(),
            };
        }
        _ => {}
    }
    info
}

/// dbt: name, package and owner, the owner's values as texts.
fn group(manifest: &Manifest, name: &str) -> Option<Value> {
    let group = manifest.groups.values().find(|group| group.name == name)?;
    let Ok(Value::Object(owner)) = serde_json::to_value(&group.owner) else { return None };
    let owner: serde_json::Map<String, Value> = owner
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| {
            let text = value.as_str().map_or_else(|| crate::jinja::python::json_repr(&value), str::to_owned);
            (key, Value::from(text))
        })
        .collect();
    Some(json!({ "name": group.name, "package_name": group.package_name, "owner": owner }))
}

/// The description in "START .." lines: `sql table model s.x`.
pub(super) fn description(resource: Resource<'_>, default_database: &str) -> String {
    match resource {
        Resource::Node(node) => match node.kind {
            NodeKind::Model(_) => {
                format!("sql {} model {}", materialization(node), representation(node, default_database))
            }
            NodeKind::Seed { .. } => format!("seed file {}", representation(node, default_database)),
            NodeKind::Snapshot => format!("snapshot {}", representation(node, default_database)),
            NodeKind::Function(_) => format!("function {}", representation(node, default_database)),
            _ => format!("{} {}", node.resource_type(), node.name),
        },
        Resource::UnitTest(_) => format!("unit_test {}", test_name(resource)),
        Resource::Source(source) => format!("freshness of {}.{}", source.source_name, source.name),
        Resource::SavedQuery(query) => format!("saved query {}", query.name),
        other => format!("{} {}", other.resource_type(), other.name()),
    }
}

/// The same of a source table that is filled.
pub(super) fn load(source: &SourceDefinition) -> String {
    format!("source table {}.{}", source.source_name, source.name)
}

fn materialization(node: &Node) -> &str {
    if node.is_microbatch() { "microbatch" } else { node.materialized() }
}

/// The name of a test in its lines.
pub(super) fn test_name(resource: Resource<'_>) -> String {
    match resource {
        Resource::UnitTest(test) => match &test.version {
            Some(version) => format!("{}::{}.v{version}", test.model, test.name),
            None => format!("{}::{}", test.model, test.name),
        },
        other => other.name().to_owned(),
    }
}

/// `schema.alias`, with the database when it is not the connection's.
pub(super) fn representation(node: &Node, default_database: &str) -> String {
    match &node.database {
        Some(database) if database != default_database => {
            format!("{database}.{}.{}", node.schema, node.alias)
        }
        _ => format!("{}.{}", node.schema, node.alias),
    }
}

/// dbt's locator, as in `model orders (models/orders.sql)`.
pub(super) fn locator(resource: Resource<'_>) -> String {
    format!("{} {} ({})", resource.resource_type(), resource.name(), resource.original_file_path())
}

/// `5 models, 1 seed, 477 macros`: what a project is made of.
pub(super) fn found(manifest: &Manifest) -> String {
    let mut counts: Vec<(ResourceType, usize)> = Vec::new();
    let mut add = |kind: ResourceType, count: usize| match counts.iter_mut().find(|(known, _)| *known == kind)
    {
        Some((_, known)) => *known += count,
        None if count > 0 => counts.push((kind, count)),
        None => {}
    };
    for node in manifest.nodes.values().filter(|node| node.is_enabled()) {
        add(node.resource_type(), 1);
    }
    add(ResourceType::Source, manifest.sources.len());
    add(ResourceType::Exposure, manifest.exposures.len());
    add(ResourceType::Metric, manifest.metrics.len());
    add(ResourceType::Macro, manifest.macros.len());
    add(ResourceType::Group, manifest.groups.len());
    add(ResourceType::SemanticModel, manifest.semantic_models.len());
    add(ResourceType::SavedQuery, manifest.saved_queries.len());
    add(ResourceType::UnitTest, manifest.unit_tests.len());
    add(ResourceType::Function, manifest.functions.len());
    let parts: Vec<String> = counts
        .into_iter()
        .map(|(kind, count)| match (kind, count) {
            (_, 1) => format!("1 {kind}"),
            _ => format!("{count} {}", kind.plural()),
        })
        .collect();
    parts.join(", ").replace('_', " ")
}

/// `3 data tests, 1 seed, 2 table models`: what a run was made of.
pub(super) fn counts<'a>(manifest: &Manifest, ids: impl Iterator<Item = &'a str>) -> String {
    let mut counts = std::collections::BTreeMap::<(String, String), usize>::new();
    for id in ids {
        let Some(resource) = manifest.resource(id) else { continue };
        let kind = resource.resource_type();
        let names = match resource {
            Resource::Node(node) if kind == ResourceType::Model => {
                (format!("{} model", node.materialized()), format!("{} models", node.materialized()))
            }
            _ if kind == ResourceType::Operation => ("project hook".to_owned(), "project hooks".to_owned()),
            _ if kind == ResourceType::Test => ("test".to_owned(), "data tests".to_owned()),
            _ => (kind.to_string(), kind.plural()),
        };
        *counts.entry(names).or_default() += 1;
    }
    let parts: Vec<String> = counts
        .into_iter()
        .map(|((one, many), count)| if count == 1 { format!("1 {one}") } else { format!("{count} {many}") })
        .collect();
    parts.join(", ").replace('_', " ")
}
