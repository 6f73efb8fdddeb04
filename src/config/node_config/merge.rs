//! The merge of one place's configs into what is there already.

use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, Result};

use super::ConfigMap;
use super::schema::{Merge, Schema};
use super::trees::{canonical, hook_key};

/// Merges `part` over `config`, each key in the way its resource type says.
pub(super) fn update<'p>(
    config: &mut ConfigMap,
    part: impl IntoIterator<Item = (&'p String, &'p Json)>,
    schema: &Schema,
) -> Result<()> {
    for (key, value) in part {
        let key = hook_key(canonical(key));
        let merge = schema.merge_of(&key);
        match config.get_mut(key.as_ref()) {
            Some(earlier) if merge != Merge::Replace => {
                combine(&key, earlier, value, merge, PlusKeys::Resolved)?;
            }
            Some(earlier) => *earlier = value.clone(),
            None => {
                config.insert(key.into_owned(), value.clone());
            }
        }
    }
    Ok(())
}

/// Merges a further `config(...)` call of one file into the earlier ones, as dbt does before it knows the
/// resource type.
pub(crate) fn merge_calls(config: &mut ConfigMap, call: &ConfigMap) -> Result<()> {
    if config.is_empty() {
        let named = |(key, value): (&String, &Json)| (hook_key(canonical(key)).into_owned(), value.clone());
        *config = call.iter().map(named).collect();
        return Ok(());
    }
    for (key, value) in call {
        let key = hook_key(canonical(key));
        let merge = match key.as_ref() {
            "pre-hook" | "post-hook" | "tags" | "packages" => Merge::Append,
            "quoting" | "column_types" | "meta" | "docs" | "contract" | "snapshot_meta_column_names" => {
                Merge::Update
            }
            "grants" => Merge::AppendByKey,
            _ => Merge::Replace,
        };
        match config.get_mut(key.as_ref()) {
            Some(earlier) if merge != Merge::Replace => combine(&key, earlier, value, merge, PlusKeys::Kept)?,
            Some(earlier) => *earlier = value.clone(),
            None => {
                config.insert(key.into_owned(), value.clone());
            }
        }
    }
    Ok(())
}

/// What becomes of the `+` of `+select`: between calls of one file it must survive.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PlusKeys {
    Resolved,
    Kept,
}

fn combine(key: &str, earlier: &mut Json, value: &Json, merge: Merge, plus: PlusKeys) -> Result<()> {
    if value.is_null() {
        return Ok(());
    }
    match merge {
        Merge::Replace => *earlier = value.clone(),
        Merge::Append => {
            let mut list = listed(earlier);
            list.extend(listed(value));
            *earlier = Json::Array(list);
        }
        Merge::Update | Merge::AppendByKey => {
            let Json::Object(more) = value else { return Err(not_a_mapping(key, value)) };
            if !earlier.is_object() {
                *earlier = Json::Object(ConfigMap::new());
            }
            let Json::Object(object) = earlier else { return Ok(()) };
            for (inner, value) in more {
                if merge == Merge::Update {
                    object.insert(inner.clone(), value.clone());
                } else {
                    combine_lists(object, inner, value, plus);
                }
            }
        }
    }
    Ok(())
}

fn combine_lists(object: &mut ConfigMap, key: &str, value: &Json, plus: PlusKeys) {
    let name = match plus {
        PlusKeys::Resolved => key.trim_start_matches('+'),
        PlusKeys::Kept => key,
    };
    let mut list = listed(value);
    if key.starts_with('+')
        && let Some(earlier) = object.get(name)
    {
        let mut joined = listed(earlier);
        joined.append(&mut list);
        list = joined;
    }
    object.insert(name.to_owned(), Json::Array(list));
}

fn listed(value: &Json) -> Vec<Json> {
    match value {
        Json::Array(items) => items.clone(),
        Json::Null => Vec::new(),
        other => vec![other.clone()],
    }
}

fn not_a_mapping(key: &str, value: &Json) -> Box<Diagnostic> {
    Diagnostic::parsing("config-type", format!("at path ['{key}']: {value} is not of type 'object'"))
        .help(format!("`{key}` is a mapping; in dbt_project.yml write it as `+{key}:`"))
        .boxed()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::schema;
    use super::*;
    use crate::config::Configurable;

    fn object(value: Json) -> ConfigMap {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn each_kind_of_merge() {
        let schema = schema::of(Configurable::Model);
        let mut config = schema.defaults();
        for part in [
            json!({"tags": "a", "meta": {"x": 1, "y": 1}, "grants": {"select": "p"}, "pre_hook": "one"}),
            json!({"tags": ["b"], "meta": {"y": 2}, "grants": {"+select": ["q"], "insert": "r"}, "pre-hook": ["two"]}),
        ] {
            update(&mut config, &object(part), schema).unwrap();
        }
        assert_eq!(config["tags"], json!(["a", "b"]));
        assert_eq!(config["meta"], json!({"x": 1, "y": 2}));
        assert_eq!(config["grants"], json!({"select": ["p", "q"], "insert": ["r"]}));
        assert_eq!(config["pre-hook"], json!(["one", "two"]));
        assert_eq!(update(&mut config, &object(json!({"meta": 1})), schema).unwrap_err().code, "config-type");
    }

    #[test]
    fn calls_of_one_file_keep_the_plus() {
        let mut config = ConfigMap::new();
        merge_calls(&mut config, &object(json!({"tags": "a", "grants": {"select": ["p"]}}))).unwrap();
        merge_calls(&mut config, &object(json!({"tags": "b", "grants": {"+select": ["q"]}}))).unwrap();
        assert_eq!(
            Json::Object(config),
            json!({"tags": ["a", "b"], "grants": {"select": ["p"], "+select": ["q"]}})
        );
    }
}
