//! The JSON schema of `load:`, from the keys that are read.

use serde_json::{Map, Value as Json, json};

use super::choices::{
    COMPRESSIONS, DELETE_MISSING, FORMATS, GRANULARITIES, MODES, SCHEMA_CHANGES, UNKNOWN_COLUMNS,
};
use super::keys;

/// Unknown keys are refused.
pub(crate) fn json_schema() -> Json {
    let keys: Map<String, Json> = keys::ALL.iter().map(|key| ((*key).to_owned(), value(key))).collect();
    json!({"type": ["object", "null"], "properties": keys, "additionalProperties": false})
}

fn value(key: &str) -> Json {
    match key {
        "from" => {
            json!({"anyOf": [{"const": "stdin"}, {"type": "object", "minProperties": 1, "maxProperties": 1,
            "properties": {
                "files": {"type": "string"},
                "command": {"type": "array", "minItems": 1},
            },
            "additionalProperties": false},
            {"type": "object", "required": ["connection"],
            "properties": {
                "connection": {"type": "string"},
                "schema": {"type": "string"},
                "table": {"type": "string"},
            },
            "additionalProperties": false}]})
        }
        "mode" => choice(MODES),
        "format" => choice(FORMATS),
        "compression" => choice(COMPRESSIONS),
        "unknown_columns" => choice(UNKNOWN_COLUMNS),
        "granularity" => choice(GRANULARITIES),
        "on_schema_change" => choice(SCHEMA_CHANGES),
        "delete_missing" => choice(DELETE_MISSING),
        "unique_key" | "null" | "columns" | "except" => json!({"type": ["array", "string", "null"]}),
        "header" => json!({"type": ["boolean", "string", "null"]}),
        "formats" | "headers" | "rejects" => json!({"type": ["object", "null"]}),
        _ => json!({}),
    }
}

/// One of these words, or a template that renders to one.
fn choice(words: &[&str]) -> Json {
    json!({"anyOf": [{"enum": words}, {"type": "string", "pattern": "\\{\\{"}]})
}
