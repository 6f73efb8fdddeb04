//! Selected nodes as `ls` prints them.

use std::io;

use serde::Serialize;
use serde_json::ser::Formatter;
use serde_json::{Map, Value};

use crate::diagnostic::did_you_mean;
use crate::manifest::{Manifest, Resource};

/// `ls --output`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ListOutput {
    #[default]
    Selector,
    Name,
    Path,
    Json,
}

const JSON_KEYS: [&str; 10] = [
    "alias",
    "name",
    "package_name",
    "depends_on",
    "tags",
    "config",
    "resource_type",
    "source_name",
    "original_file_path",
    "unique_id",
];

/// One line a node, in the order of `unique_ids`; `keys` replace the usual ones of the JSON lines.
pub(crate) fn list(
    manifest: &Manifest,
    unique_ids: &[String],
    output: ListOutput,
    keys: &[String],
) -> Vec<String> {
    let resources = unique_ids.iter().filter_map(|id| manifest.resource(id));
    resources
        .map(|resource| match output {
            ListOutput::Selector => selector(resource),
            ListOutput::Name => name(resource),
            ListOutput::Path => resource.original_file_path().to_owned(),
            ListOutput::Json => json_line(resource, keys),
        })
        .collect()
}

/// The keys that none of the lines has, each with the one that it was perhaps meant to be.
pub(crate) fn unknown_keys(
    manifest: &Manifest,
    unique_ids: &[String],
    lines: &[String],
    keys: &[String],
) -> Vec<(String, Option<String>)> {
    let is_in = |key: &String| {
        let written = format!("{}: ", Value::from(key.as_str()));
        lines.iter().any(|line| line.contains(&written))
    };
    let unknown: Vec<&String> = keys.iter().filter(|key| !key.contains('.') && !is_in(key)).collect();
    if unknown.is_empty() {
        return Vec::new();
    }
    let mut known: Vec<String> = unique_ids
        .iter()
        .filter_map(|id| manifest.resource(id).and_then(as_json))
        .flat_map(|all| all.into_iter().map(|(key, _)| key))
        .collect();
    known.sort_unstable();
    known.dedup();
    let meant = |key: &str| did_you_mean(key, known.iter().map(String::as_str));
    unknown.into_iter().map(|key| (key.clone(), meant(key))).collect()
}

fn selector(resource: Resource<'_>) -> String {
    let (package, name) = (resource.package_name(), resource.name());
    match resource {
        Resource::Node(node) => node.fqn.join("."),
        Resource::Source(source) => format!("source:{package}.{}.{name}", source.source_name),
        Resource::UnitTest(test) => match &test.version {
            Some(version) => format!("unit_test:{package}.{name}_v{version}"),
            None => format!("unit_test:{package}.{name}"),
        },
        other => format!("{}:{package}.{name}", other.resource_type()),
    }
}

fn name(resource: Resource<'_>) -> String {
    match resource {
        Resource::Node(node) => node.search_name(),
        Resource::Source(source) => format!("{}.{}", source.source_name, source.name),
        other => other.name().to_owned(),
    }
}

fn as_json(resource: Resource<'_>) -> Option<Map<String, Value>> {
    let value = match resource {
        Resource::Node(it) => serde_json::to_value(it),
        Resource::Source(it) => serde_json::to_value(it),
        Resource::Exposure(it) => serde_json::to_value(it),
        Resource::Metric(it) => serde_json::to_value(it),
        Resource::SavedQuery(it) => serde_json::to_value(it),
        Resource::SemanticModel(it) => serde_json::to_value(it),
        Resource::UnitTest(it) => serde_json::to_value(it),
    };
    match value {
        Ok(Value::Object(all)) => Some(all),
        _ => None,
    }
}

fn json_line(resource: Resource<'_>, keys: &[String]) -> String {
    let Some(all) = as_json(resource) else { return String::new() };
    let mut shown = Map::new();
    if keys.is_empty() {
        shown.extend(all.into_iter().filter(|(key, _)| JSON_KEYS.contains(&key.as_str())));
    } else {
        for key in keys {
            // dbt: a nested key without a value is left out, a plain one is shown as null
            if let Some(value) = nested(&all, key).filter(|value| !(key.contains('.') && value.is_null())) {
                shown.insert(key.clone(), value.clone());
            }
        }
    }
    python_json(&Value::Object(shown))
}

fn nested<'a>(map: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    let mut parts = key.split('.');
    let first = map.get(parts.next()?)?;
    parts.try_fold(first, |value, part| value.as_object()?.get(part))
}

/// As Python's `json.dumps`: a blank after each comma and colon, ASCII only.
fn python_json(value: &Value) -> String {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, PythonFormat);
    // writing to a Vec cannot fail
    let _ = value.serialize(&mut serializer);
    String::from_utf8(bytes).unwrap_or_default()
}

struct PythonFormat;

impl Formatter for PythonFormat {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, text: &str) -> io::Result<()> {
        for letter in text.chars() {
            if letter.is_ascii() {
                writer.write_all(&[letter as u8])?;
            } else {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_written_as_python_writes_it() {
        let value = serde_json::json!({"a": [1, "é\n", {"😀": null}], "b": true});
        assert_eq!(python_json(&value), r#"{"a": [1, "\u00e9\n", {"\ud83d\ude00": null}], "b": true}"#);
    }
}
