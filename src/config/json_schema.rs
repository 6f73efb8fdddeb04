//! JSON schemas of the files of a project, for editors: from the keys that are read, and the defaults of the configs.

use serde_json::{Map, Value as Json, json};

use super::Configurable;
use super::jobs;
use super::load;
use super::node_config::{Configured, default_of, known_keys};
use super::profiles::OUTPUT_KEYS;
use super::project_file;
use super::properties::PropertyKind;

/// The files that have one.
pub(crate) const NAMES: &[&str] = &["project", "properties", "profiles", "jobs"];

/// The schema of a kind of file.
pub(crate) fn json_schema(name: &str) -> Option<Json> {
    let (title, mut schema) = match name {
        "project" => ("dbt_project.yml", project()),
        "properties" => ("properties of models, sources and others", properties()),
        "profiles" => ("profiles.yml", profiles()),
        "jobs" => ("jobs of rsdbt", jobs::schema::json_schema()),
        _ => return None,
    };
    let head = json!({"$schema": "http://json-schema.org/draft-07/schema#", "title": title});
    if let (Json::Object(schema), Json::Object(mut head)) = (&mut schema, head) {
        head.append(schema);
        *schema = head;
    }
    Some(schema)
}

/// Any value: it may be a template that renders to what is expected.
fn any() -> Json {
    json!({})
}

fn object(properties: Map<String, Json>, is_open: bool) -> Json {
    json!({"type": ["object", "null"], "properties": properties, "additionalProperties": is_open})
}

fn list(items: Json) -> Json {
    json!({"type": ["array", "null"], "items": items})
}

/// By its default: a switch, a list, a mapping; each may be written as a template.
fn config(resource: Configurable, key: &str) -> Json {
    if resource == Configurable::Source && key == "load" {
        return load::schema::json_schema();
    }
    match default_of(resource, key) {
        Some(default @ Json::Bool(_)) => json!({"type": ["boolean", "string", "null"], "default": default}),
        Some(default @ Json::Array(_)) => json!({"type": ["array", "string", "null"], "default": default}),
        Some(default @ Json::Object(_)) => json!({"type": ["object", "string", "null"], "default": default}),
        Some(default @ Json::String(_)) => json!({"type": ["string", "null"], "default": default}),
        _ => any(),
    }
}

/// A project may have configs of its own.
fn configs(resource: Configurable) -> Json {
    let keys = known_keys(Configured::Resource(resource));
    object(keys.into_iter().map(|key| (key.to_owned(), config(resource, key))).collect(), true)
}

/// The configs of folders: `+key`, and further folders.
fn tree(resource: Configurable, reference: &str) -> Json {
    let keys = known_keys(Configured::Resource(resource));
    let properties = keys.into_iter().map(|key| (format!("+{key}"), config(resource, key))).collect();
    let mut schema = object(properties, true);
    // a plain key may be a config as well as a folder
    schema["additionalProperties"] = json!({"anyOf": [{"$ref": reference}, {"not": {"type": "object"}}]});
    schema
}

fn project() -> Json {
    let (mut properties, mut definitions) = (Map::new(), Map::new());
    for key in project_file::KNOWN_KEYS {
        properties.insert((*key).to_owned(), project_key(key));
    }
    for resource in Configurable::WITH_TREE {
        let key = resource.tree_key();
        let reference = format!("#/definitions/{key}");
        definitions.insert(key.to_owned(), tree(resource, &reference));
        properties.insert(key.to_owned(), json!({"$ref": reference}));
    }
    let mut schema = object(properties, false);
    schema["required"] = json!(["name"]);
    schema["definitions"] = Json::Object(definitions);
    schema
}

fn project_key(key: &str) -> Json {
    let texts = || json!({"type": ["array", "string", "null"], "items": {"type": "string"}});
    match key {
        "name" | "profile" | "target-path" | "log-path" | "packages-install-path" => {
            json!({"type": ["string", "null"]})
        }
        _ if key.ends_with("-paths") || key == "clean-targets" => texts(),
        "vars" | "flags" | "quoting" => json!({"type": ["object", "null"]}),
        "restrict-access" => json!({"type": ["boolean", "string", "null"]}),
        _ => any(),
    }
}

fn properties() -> Json {
    let mut properties = Map::from_iter([("version".to_owned(), any())]);
    for kind in PropertyKind::ALL {
        properties.insert(kind.key().to_owned(), list(entry(kind)));
        // dbt reads data tests under their old name, too
        if kind == PropertyKind::DataTests {
            properties.insert("tests".to_owned(), list(entry(kind)));
        }
    }
    properties.insert("anchors".to_owned(), any());
    let mut schema = object(properties, false);
    // where anchors are kept, too
    schema["patternProperties"] = json!({"^x-": {}});
    schema
}

fn entry(kind: PropertyKind) -> Json {
    let keys = kind.known_keys();
    if keys.is_empty() {
        return json!({"type": "object"});
    }
    let below = |key: &&str| ((*key).to_owned(), property(kind, key));
    let mut schema = object(keys.iter().map(below).collect(), false);
    schema["type"] = json!("object");
    schema
}

fn property(kind: PropertyKind, key: &str) -> Json {
    if let Some(keys) = kind.known_below(key) {
        let value = |inner: &str| match (key, inner, kind.resource()) {
            ("tables", "config", Some(resource)) => configs(resource),
            _ => text_or_any(inner),
        };
        let below = keys.iter().map(|inner| ((*inner).to_owned(), value(inner))).collect();
        // the columns of a version include or exclude those of the model
        return list(object(below, true));
    }
    match (key, kind.resource()) {
        ("config", Some(resource)) => configs(resource),
        ("tags", _) => json!({"type": ["array", "string", "null"]}),
        ("meta", _) => json!({"type": ["object", "null"]}),
        _ => text_or_any(key),
    }
}

fn text_or_any(key: &str) -> Json {
    if matches!(key, "name" | "description") {
        json!({"type": ["string", "number", "boolean", "null"]})
    } else {
        any()
    }
}

fn profiles() -> Json {
    let mut output = object(OUTPUT_KEYS.iter().map(|key| ((*key).to_owned(), any())).collect(), false);
    output["properties"]["type"] = json!({"const": "postgres"});
    let profile = json!({
        "type": "object",
        "properties": {
            "target": {"type": "string"},
            // other targets may be of other databases
            "outputs": {"type": "object", "additionalProperties": {
                "if": {"properties": {"type": {"const": "postgres"}}}, "then": output,
            }},
        },
        "required": ["outputs"],
    });
    json!({"type": "object", "properties": {"config": {"type": "object"}}, "additionalProperties": profile})
}
