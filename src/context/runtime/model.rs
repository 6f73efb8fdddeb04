//! `model`: the node as a mapping, without what is not set.

use serde_json::{Map, Value as Json, json};

use super::BatchContext;
use crate::context::objects::translate_type;
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
    if node.contract.alias_types
        && let Some(Json::Object(columns)) = fields.get_mut("columns")
    {
        columns.values_mut().for_each(rename_type);
    }
    Json::Object(fields)
}

/// `string` is dbt's word for a type that Postgres calls otherwise.
fn rename_type(column: &mut Json) {
    if let Some(Json::String(data_type)) = column.get_mut("data_type") {
        *data_type = translate_type(data_type);
    }
}
