//! `graph_summary.json`: the nodes by number, and which follow which.

use serde_json::{Map, Value, json};

use super::inputs::RunInputs;
use crate::diagnostic::Result;
use crate::hashed::HashMap;
use crate::manifest::Resource;

pub(super) fn write(inputs: &RunInputs) -> Result<()> {
    let shared = &inputs.surroundings;
    let resources: Vec<Resource<'_>> = shared.manifest.resources().collect();
    let numbers: HashMap<&str, usize> =
        resources.iter().enumerate().map(|(number, resource)| (resource.unique_id(), number)).collect();
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); resources.len()];
    for (number, resource) in resources.iter().enumerate() {
        for parent in resource.parents() {
            if let Some(&parent) = numbers.get(parent.as_str()) {
                followers[parent].push(number);
            }
        }
    }
    let mut linked = Map::new();
    for (number, (resource, followers)) in resources.iter().zip(&followers).enumerate() {
        let mut entry = json!({ "name": resource.unique_id(), "type": resource.resource_type().as_str() });
        if !followers.is_empty() {
            entry["succ"] = json!(followers);
        }
        linked.insert(number.to_string(), entry);
    }
    let summary = json!({ "_invocation_id": inputs.invocation.id, "linked": Value::Object(linked) });
    shared.write(&shared.target_path.join("graph_summary.json"), &summary.to_string())
}
