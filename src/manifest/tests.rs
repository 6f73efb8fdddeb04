use serde_json::Value;

use super::*;

/// Set `MANIFESTS` to a colon-separated list of files to try more of them.
fn manifests() -> Vec<String> {
    let mut files = vec!["tests/recorded/mart.manifest.json".to_owned()];
    files.extend(std::env::var("MANIFESTS").iter().flat_map(|list| list.split(':')).map(str::to_owned));
    files
}

#[test]
fn what_dbt_wrote_comes_out_again_key_by_key() {
    for file in manifests() {
        let text = std::fs::read_to_string(&file).unwrap();
        let theirs: Value = serde_json::from_str(&text).unwrap();
        let manifest: Manifest = serde_json::from_str(&text).unwrap();
        let ours = serde_json::to_value(&manifest).unwrap();
        compare(&theirs, &ours, &file);
    }
}

fn compare(theirs: &Value, ours: &Value, path: &str) {
    match (theirs, ours) {
        (Value::Object(left), Value::Object(right)) => {
            let keys = |map: &Map<String, Value>| map.keys().cloned().collect::<Vec<_>>();
            assert_eq!(keys(left), keys(right), "keys of {path}");
            for (key, value) in left {
                compare(value, &right[key], &format!("{path} > {key}"));
            }
        }
        _ => assert_eq!(theirs, ours, "{path}"),
    }
}
