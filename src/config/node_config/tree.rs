//! One resource type's tree of dbt_project.yml (`models:`), made ready for look-ups by fqn.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

/// A level: its own settings, and the levels below it by folder, file or package name.
#[derive(Debug, Clone, Default)]
pub struct ConfigTree {
    settings: Map<String, Json>,
    children: HashMap<String, ConfigTree>,
}

impl ConfigTree {
    /// A key is a setting when it is marked with `+` or is no mapping; every mapping is a level too.
    pub fn new(tree: &Json) -> Self {
        let Json::Object(entries) = tree else { return Self::default() };
        let mut settings = Map::new();
        let mut children = HashMap::new();
        for (key, value) in entries {
            if let Some(setting) = key.strip_prefix('+') {
                settings.insert(setting.trim().to_owned(), value.clone());
            } else if value.is_object() {
                children.insert(key.clone(), Self::new(value));
            } else {
                settings.insert(key.clone(), value.clone());
            }
        }
        Self { settings, children }
    }

    /// Calls `apply` with the settings of each level on the way to `fqn`, the root's first.
    pub fn levels(&self, fqn: &[String], apply: &mut impl FnMut(&Map<String, Json>)) {
        let mut level = self;
        if !level.settings.is_empty() {
            apply(&level.settings);
        }
        for name in fqn {
            let Some(child) = level.children.get(name) else { return };
            if !child.settings.is_empty() {
                apply(&child.settings);
            }
            level = child;
        }
    }

    /// The paths that carry settings, for the search of paths that match nothing.
    pub fn paths(&self) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        self.collect_paths(&mut Vec::new(), &mut found);
        found.sort();
        found
    }

    fn collect_paths(&self, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
        if !self.settings.is_empty() || self.children.is_empty() {
            found.push(path.clone());
        }
        for (name, child) in &self.children {
            path.push(name.clone());
            child.collect_paths(path, found);
            path.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn levels_are_walked_from_the_root_to_the_file() {
        let tree = ConfigTree::new(&json!({
            "materialized": "view",
            "shop": {"+tags": "shop", "marts": {"materialized": "table", "+meta": {"a": 1}}},
        }));
        let mut seen = Vec::new();
        let fqn = ["shop", "marts", "orders"].map(str::to_owned);
        tree.levels(&fqn, &mut |level| seen.push(Json::Object(level.clone())));
        assert_eq!(
            seen,
            [
                json!({"materialized": "view"}),
                json!({"tags": "shop"}),
                json!({"materialized": "table", "meta": {"a": 1}})
            ]
        );
    }
}
