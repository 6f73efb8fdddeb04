//! The manifest of whole projects against dbt's. `tests/record/dbt_ls.py` recorded it.

use std::fs;

use serde_json::{Map, Value};

use super::copy::{Copy, recorded};

#[test]
fn manifests_are_those_of_dbt_key_by_key() {
    let mut wrong = Vec::new();
    for name in ["mart", "shop", "layers"] {
        let project = Copy::of(name, "manifest");
        let output = project.rsdbt(&["parse"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        let text = fs::read_to_string(project.root.join("target/manifest.json")).unwrap();
        let root = fs::canonicalize(&project.root).unwrap();
        let ours: Value = serde_json::from_str(&text.replace(root.to_str().unwrap(), "/project")).unwrap();
        let mut theirs = recorded(name, "manifest");
        // dbt's own overview text is not ours, and what it calls `default__x` is the built-in `x` here
        theirs["docs"].as_object_mut().unwrap().shift_remove("doc.dbt.__overview__");
        let theirs = serde_json::to_string(&theirs).unwrap().replace("macro.dbt.default__", "macro.dbt.");
        let theirs: Value = serde_json::from_str(&theirs).unwrap();
        compare(&theirs, &ours, name, &mut wrong);
    }
    assert!(wrong.is_empty(), "{} values differ:\n{}", wrong.len(), wrong.join("\n"));
}

fn compare(theirs: &Value, ours: &Value, path: &str, wrong: &mut Vec<String>) {
    if let (Value::Array(left), Value::Array(right)) = (theirs, ours)
        && left.len() == right.len()
    {
        for (at, (left, right)) in left.iter().zip(right).enumerate() {
            compare(left, right, &format!("{path} > {at}"), wrong);
        }
        return;
    }
    let (Value::Object(left), Value::Object(right)) = (theirs, ours) else {
        if theirs != ours && !is_apart(path) {
            wrong.push(format!("{path}\n  dbt {theirs}\n  rsdbt {ours}"));
        }
        return;
    };
    // sections and maps of nodes follow the order in which files are found
    let is_unordered = path.matches(" > ").count() == 1 || path.ends_with(" > unrendered_config");
    let keys = |map: &Map<String, Value>| {
        let mut keys: Vec<String> = map.keys().cloned().collect();
        if is_unordered {
            keys.sort_unstable();
        }
        keys
    };
    let is_macros = path.ends_with(" > macros");
    if !is_macros && !is_apart(path) && keys(left) != keys(right) {
        wrong.push(format!("keys of {path}\n  dbt {:?}\n  rsdbt {:?}", keys(left), keys(right)));
    }
    for (key, value) in left {
        match right.get(key) {
            Some(other) => compare(value, other, &format!("{path} > {key}"), wrong),
            None if is_macros => wrong.push(format!("{path} > {key} is missing")),
            None => {}
        }
    }
}

/// What differs from run to run, and one oddity: dbt gives a group the configs of the models in the folder
/// that has the group's name.
fn is_apart(path: &str) -> bool {
    let of_the_run =
        ["generated_at", "invocation_id", "invocation_started_at", "run_started_at", "created_at"];
    of_the_run.iter().any(|key| path.ends_with(&format!(" > {key}")))
        || path.contains(" > groups > ") && path.contains(" > config")
}
