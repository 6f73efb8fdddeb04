//! `graph_summary.json`: the nodes by number, and which follow which.

use serde_json::{Map, Value, json};

use super::inputs::RunInputs;
use crate::diagnostic::Result;

pub(super) fn write(inputs: &RunInputs) -> Result<()> {
    let shared = &inputs.shared;
    let mut linked = Map::new();
    for (number, resource) in shared.manifest.resources().enumerate() {
        let mut entry = json!({ "name": resource.unique_id(), "type": resource.resource_type().as_str() });
        let mut followers: Vec<usize> = inputs.graph.children_at(number).collect();
        if !followers.is_empty() {
            followers.sort_unstable();
            entry["succ"] = json!(followers);
        }
        linked.insert(number.to_string(), entry);
    }
    let summary = json!({ "_invocation_id": inputs.invocation.id, "linked": Value::Object(linked) });
    shared.write(&shared.project.target_path.join("graph_summary.json"), &summary.to_string())
}
