//! `model`: the node as a mapping, without what is not set.

use serde_json::{Map, Value as Json, json};

use super::BatchContext;
use crate::manifest::Node;

pub(super) fn model(node: &Node, batch: Option<&BatchContext>) -> Json {
    let Ok(Json::Object(mut fields)) = serde_json::to_value(node) else { return Json::Object(Map::new()) };
    fields.retain(|_, value| !value.is_null());
    if let Some(code) = fields.get("compiled_code").cloned() {
        fields.insert("compiled_sql".into(), code);
    }
    if let Some(batch) = batch {
        fields.insert(
            "batch".into(),
            json!({ "id": batch.id, "event_time_start": batch.start.to_string(), "event_time_end": batch.end.to_string() }),
        );
    }
    Json::Object(fields)
}
