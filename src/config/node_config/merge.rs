//! How two values of one config key become one: most keys replace, some append, some merge.

use serde_json::{Map, Value as Json};

enum Merge {
    Replace,
    Append,
    Update,
    /// Lists by key; a key written `+select` extends the list instead of replacing it.
    Grants,
    /// A mapping whose nulls do not replace.
    Fill,
}

fn rule(key: &str) -> Merge {
    match key {
        "tags" | "pre-hook" | "post-hook" | "packages" => Merge::Append,
        "meta" | "quoting" | "column_types" | "docs" | "contract" => Merge::Update,
        "grants" => Merge::Grants,
        "snapshot_meta_column_names" => Merge::Fill,
        _ => Merge::Replace,
    }
}

/// dbt's other spellings of config keys.
fn canonical(key: &str) -> &str {
    match key {
        "pre_hook" => "pre-hook",
        "post_hook" => "post-hook",
        "dbname" => "database",
        other => other.trim(),
    }
}

/// Merges a stronger level into a config.
pub fn merge_level(config: &mut Map<String, Json>, level: &Map<String, Json>) {
    for (key, value) in level {
        let key = canonical(key);
        let merged = match config.get(key) {
            Some(old) => merge_value(&rule(key), old, value),
            None => value.clone(),
        };
        config.insert(key.to_owned(), merged);
    }
}

/// Merges the arguments of one more `config()` call of the same file.
pub fn merge_calls(calls: &mut Map<String, Json>, more: &Map<String, Json>) {
    merge_level(calls, more);
}

fn merge_value(rule: &Merge, old: &Json, new: &Json) -> Json {
    match rule {
        Merge::Replace => new.clone(),
        Merge::Append => {
            let mut list = listed(old);
            list.extend(listed(new));
            Json::Array(list)
        }
        Merge::Update => match (old, new) {
            (Json::Object(old), Json::Object(new)) => {
                let mut merged = old.clone();
                merged.extend(new.iter().map(|(key, value)| (key.clone(), value.clone())));
                Json::Object(merged)
            }
            (old, Json::Null) => old.clone(),
            _ => new.clone(),
        },
        Merge::Grants => match (old, new) {
            (Json::Object(old), Json::Object(new)) => Json::Object(merge_grants(old, new)),
            _ => new.clone(),
        },
        Merge::Fill => match (old, new) {
            (Json::Object(old), Json::Object(new)) => {
                let mut merged = old.clone();
                let given = new.iter().filter(|(_, value)| !value.is_null());
                merged.extend(given.map(|(key, value)| (key.clone(), value.clone())));
                Json::Object(merged)
            }
            _ => new.clone(),
        },
    }
}

fn merge_grants(old: &Map<String, Json>, new: &Map<String, Json>) -> Map<String, Json> {
    let mut merged: Map<String, Json> =
        old.iter().map(|(privilege, grantees)| (privilege.clone(), Json::Array(listed(grantees)))).collect();
    for (key, grantees) in new {
        let privilege = key.trim_start_matches('+');
        let mut list = match merged.get(privilege) {
            Some(known) if key.starts_with('+') => listed(known),
            _ => Vec::new(),
        };
        list.extend(listed(grantees));
        merged.insert(privilege.to_owned(), Json::Array(list));
    }
    merged
}

fn listed(value: &Json) -> Vec<Json> {
    match value {
        Json::Array(items) => items.clone(),
        Json::Null => Vec::new(),
        other => vec![other.clone()],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn merged(old: &Json, new: &Json) -> Json {
        let mut config = old.as_object().unwrap().clone();
        merge_level(&mut config, new.as_object().unwrap());
        Json::Object(config)
    }

    #[test]
    fn each_key_merges_by_its_rule() {
        assert_eq!(merged(&json!({"tags": ["a"]}), &json!({"tags": "b"})), json!({"tags": ["a", "b"]}));
        assert_eq!(
            merged(&json!({"meta": {"a": 1, "b": 1}}), &json!({"meta": {"b": 2}})),
            json!({"meta": {"a": 1, "b": 2}})
        );
        assert_eq!(
            merged(&json!({"materialized": "view"}), &json!({"materialized": "table"})),
            json!({"materialized": "table"})
        );
        assert_eq!(
            merged(
                &json!({"grants": {"select": ["a"], "insert": "x"}}),
                &json!({"grants": {"+select": "b", "insert": ["y"]}})
            ),
            json!({"grants": {"select": ["a", "b"], "insert": ["y"]}})
        );
        assert_eq!(merged(&json!({"pre-hook": [1]}), &json!({"pre_hook": 2})), json!({"pre-hook": [1, 2]}));
    }
}
