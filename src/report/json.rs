//! Events as JSON lines: `{"data": .., "info": ..}`, as orchestrators read them.

use serde_json::{Map, Value, json};

use super::style::Style;
use super::text;
use crate::run::Occurrence;

/// What is equal for every line of an invocation.
#[derive(Debug, Clone, Default)]
pub struct Invocation {
    pub id: String,
    /// The `DBT_ENV_CUSTOM_ENV_*` variables, without the prefix.
    pub extra: Map<String, Value>,
}

pub(super) fn line(occurrence: &Occurrence<'_>, invocation: &Invocation, style: Style) -> String {
    let event = occurrence.event;
    let mut data = event.data();
    if let (Some(node), Value::Object(fields)) = (occurrence.node, &mut data) {
        fields.insert("node_info".into(), json!(node));
    }
    let info = json!({
        "category": "",
        "code": event.code(),
        "extra": invocation.extra,
        "invocation_id": invocation.id,
        "level": occurrence.level.name(),
        "msg": text::message(event, style),
        "name": event.name(),
        "pid": std::process::id(),
        "thread": occurrence.thread,
        "ts": occurrence.at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string(),
    });
    json!({ "data": data, "info": info }).to_string()
}
