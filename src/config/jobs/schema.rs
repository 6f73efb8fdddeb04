//! The JSON schema of a file of jobs, from the keys that are read.

use serde_json::{Map, Value as Json, json};

use super::KEYS;

/// Files of jobs refuse unknown keys.
pub(crate) fn json_schema() -> Json {
    let job: Map<String, Json> = KEYS.iter().map(|key| ((*key).to_owned(), value(key))).collect();
    let job = json!({
        "type": "object", "properties": job, "required": ["name", "steps"], "additionalProperties": false,
    });
    json!({
        "type": "object",
        "properties": {"version": {}, "jobs": {"type": ["array", "null"], "items": job}},
        "required": ["jobs"],
        "additionalProperties": false,
    })
}

fn value(key: &str) -> Json {
    match key {
        "name" | "description" | "cron" | "timezone" | "target" => json!({"type": "string"}),
        "steps" => json!({"type": "array", "minItems": 1, "items": {"type": ["string", "object"]}}),
        "depends_on" | "on_failure" | "on_success" => {
            json!({"type": ["array", "null"], "items": {"type": "object"}})
        }
        "retries" => json!({"type": "integer", "minimum": 0, "maximum": 1000}),
        "backoff" => json!({"type": "number", "minimum": 1, "maximum": 100}),
        _ => json!({}),
    }
}
