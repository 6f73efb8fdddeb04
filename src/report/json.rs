//! Events as JSON lines: `{"data": .., "info": ..}`, as orchestrators read them.

use serde_json::{Map, Value, json};

use super::style::Style;
use super::text;
use crate::run::Occurrence;

/// What is equal for every line of an invocation.
#[derive(Debug, Clone, Default)]
pub(crate) struct LogInvocation {
    pub id: String,
    /// The `DBT_ENV_CUSTOM_ENV_*` variables, without the prefix.
    pub extra: Map<String, Value>,
}

pub(super) fn line(occurrence: &Occurrence<'_>, invocation: &LogInvocation, style: Style) -> String {
    let event = occurrence.event;
    let mut data = event.data();
    if let (Some(node), Value::Object(fields)) = (occurrence.node, &mut data) {
        fields.insert("node_info".into(), json!(node));
        if let Some(group) = node.group.as_ref().filter(|_| event.tells_the_group()) {
            fields.insert("group".into(), group.clone());
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Event, Level, NodeInfo};

    fn data(event: &Event) -> Value {
        let group = json!({ "name": "finance", "package_name": "shop", "owner": { "name": "Ann" } });
        let node = NodeInfo { node_name: "orders".into(), group: Some(group), ..NodeInfo::default() };
        let occurrence = Occurrence {
            event,
            level: Level::Info,
            at: jiff::Timestamp::UNIX_EPOCH,
            thread: "MainThread".into(),
            node: Some(&node),
        };
        let line = line(&occurrence, &LogInvocation::default(), Style { color: false, width: 80 });
        serde_json::from_str::<Value>(&line).unwrap()["data"].take()
    }

    #[test]
    fn the_end_of_a_node_tells_its_group() {
        let ended =
            data(&Event::RunResultError { msg: "no".into(), error_codes: vec!["missing-ref".into()] });
        assert_eq!(ended["error_codes"], json!(["missing-ref"]));
        assert_eq!(ended["group"]["owner"]["name"], "Ann");
        assert_eq!(ended["node_info"]["node_name"], "orders");
        assert!(ended["node_info"].get("group").is_none());
        assert!(data(&Event::NodeStart { unique_id: "model.shop.orders".into() }).get("group").is_none());
    }
}
