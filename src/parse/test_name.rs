//! The names and ids of generic tests. State comparison and orchestrators key on them, so they equal
//! dbt's to the last digit: flattened arguments, and a hash over Python's `repr` of the test's metadata.

use std::borrow::Cow;

use md5::{Digest, Md5};
use serde_json::{Map, Value as Json};

use crate::jinja::python;
use crate::manifest::TestMetadata;

/// The file and alias name (under 64 characters) and the full name (unique id and fqn).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TestName {
    pub short: String,
    pub full: String,
}

/// The name of a test of `kind` (`unique`, `dbt_utils_expression_is_true`, `source_not_null`) on `target`.
pub(super) fn synthesize(kind: &str, target: &str, arguments: &Map<String, Json>) -> TestName {
    let mut names: Vec<&String> = arguments.keys().filter(|name| *name != "model").collect();
    names.sort();
    let mut parts: Vec<String> = Vec::new();
    for name in names {
        match &arguments[name] {
            Json::Object(map) => parts.extend(map.values().map(|value| clean(&json_str(value)))),
            Json::Array(items) => parts.extend(items.iter().map(|value| clean(&json_str(value)))),
            value => parts.push(clean(&json_str(value))),
        }
    }
    let identifier = [kind, "_", target].concat();
    let full = [&identifier, "_", &parts.join("__")].concat();
    let short = if full.chars().count() >= 64 {
        let head: String = identifier.chars().take(30).collect();
        format!("{head}_{}", md5_hex(&full))
    } else {
        full.clone()
    };
    TestName { short, full }
}

/// Runs of characters that do not belong in a name become one underscore.
fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut gap = false;
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || character == '_' {
            cleaned.push(character);
            gap = false;
        } else if !gap {
            cleaned.push('_');
            gap = true;
        }
    }
    cleaned
}

/// The ten digits that end a generic test's unique id.
pub(super) fn id_hash(name: &str, metadata: &TestMetadata) -> String {
    let mut hashed = String::with_capacity(256);
    hashed.extend([name, "{'kwargs': "]);
    write_map(&mut hashed, &metadata.kwargs);
    hashed.push_str(", 'name': ");
    python::write_str_repr(&mut hashed, &metadata.name);
    hashed.push_str(", 'namespace': ");
    python::write_str_repr(&mut hashed, metadata.namespace.as_deref().unwrap_or("None"));
    hashed.push('}');
    let digest = md5_hex(&hashed);
    digest[digest.len() - 10..].to_owned()
}

/// dbt hashes the metadata with sorted keys and every scalar as text.
fn write_hashable(out: &mut String, value: &Json) {
    match value {
        Json::Object(map) => write_map(out, map),
        Json::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                write_hashable(out, item);
            }
            out.push(']');
        }
        scalar => python::write_str_repr(out, &json_str(scalar)),
    }
}

fn write_map(out: &mut String, map: &Map<String, Json>) {
    let mut entries: Vec<(&String, &Json)> = map.iter().collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    out.push('{');
    for (at, (key, value)) in entries.into_iter().enumerate() {
        out.push_str(if at > 0 { ", " } else { "" });
        python::write_str_repr(out, key);
        out.push_str(": ");
        write_hashable(out, value);
    }
    out.push('}');
}

/// Python's `str()`.
fn json_str(value: &Json) -> Cow<'_, str> {
    match value {
        Json::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(python::json_repr(other)),
    }
}

pub(super) fn md5_hex(text: &str) -> String {
    crate::hex::digits(Md5::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    // The expected values were printed by dbt for the example project jaffle_shop.
    #[test]
    fn names_and_hashes_equal_dbts() {
        let kwargs = json!({
            "values": ["placed", "shipped", "completed", "return_pending", "returned"],
            "column_name": "status",
            "model": "{{ get_where_subquery(ref('orders')) }}",
        });
        let name = synthesize("accepted_values", "orders", kwargs.as_object().unwrap());
        assert_eq!(name.short, "accepted_values_orders_1ce6ab157c285f7cd2ac656013faf758");
        assert_eq!(
            name.full,
            "accepted_values_orders_status__placed__shipped__completed__return_pending__returned"
        );
        let kwargs = kwargs.as_object().unwrap().clone();
        let metadata = TestMetadata { name: "accepted_values".to_owned(), kwargs, namespace: None };
        assert_eq!(id_hash(&name.full, &metadata), "be6b5b5ec3");
    }
}
