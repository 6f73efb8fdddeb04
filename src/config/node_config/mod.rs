//! The config of a node: defaults, its project's tree, properties, the file's own `config()`, the root's tree.
//!
//! `parse` builds one [`NodeConfigs`] per run and asks it for every node; the trees' part is remembered.

mod checks;
mod colors;
mod config_map;
mod finish;
mod known_keys;
mod merge;
mod schema;
mod trees;
mod unused;

use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value as Json;

use crate::diagnostic::Result;
use crate::hashed::HashMap;

use super::{Configurable, ProjectFile, Yaml};

pub(crate) use checks::check_snapshot;
pub(crate) use config_map::ConfigMap;
pub(crate) use known_keys::{Configured, default_of, known_keys, meant, meant_below};
pub(crate) use merge::merge_calls;
pub(crate) use unused::UsedConfigs;

/// The config of a node that nothing configures, as inline SQL is.
pub(crate) fn plain_defaults() -> ConfigMap {
    schema::of(Configurable::Operation).defaults()
}

/// All that decides the config of one node.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConfigInputs<'i> {
    pub resource: Configurable,
    pub package: &'i str,
    /// The whole fqn, package first.
    pub fqn: &'i [String],
    /// `config:` of the properties file.
    pub properties: Option<&'i ConfigMap>,
    /// `config(...)` of the file itself, its calls merged with [`merge_calls`].
    pub in_file: Option<&'i ConfigMap>,
}

/// The projects' config trees and what was computed from them.
pub(crate) struct NodeConfigs<'a> {
    root: &'a ProjectFile,
    packages: HashMap<&'a str, &'a ProjectFile>,
    /// By the last tree level that a node's fqn reaches (its address), and the resource type.
    from_trees: RwLock<HashMap<(usize, Configurable), Arc<ConfigMap>>>,
    /// What each level of a tree sets, by its address.
    levels: HashMap<usize, ConfigMap>,
    /// Most nodes' configs are equal: of a thousand tests, nearly all.
    built: RwLock<HashMap<Inputs, Arc<ConfigMap>>>,
}

/// [`ConfigInputs`] by what they say: the last levels of both trees by address, the maps as JSON.
#[derive(PartialEq, Eq, Hash)]
struct Inputs {
    resource: Configurable,
    own_level: usize,
    root_level: usize,
    properties: String,
    in_file: String,
}

impl<'a> NodeConfigs<'a> {
    pub(crate) fn new(root: &'a ProjectFile, packages: impl IntoIterator<Item = &'a ProjectFile>) -> Self {
        let packages: HashMap<&str, &ProjectFile> =
            packages.into_iter().map(|file| (file.name.as_str(), file)).collect();
        let mut levels = HashMap::default();
        for file in packages.values().copied().chain([root]) {
            for tree in file.trees.values().chain(file.unrendered_trees.values()) {
                trees::each_level(tree, &mut |level| {
                    levels.insert(address(level), trees::configs_of(level));
                });
            }
        }
        Self { root, packages, from_trees: RwLock::default(), levels, built: RwLock::default() }
    }

    /// The config of a node with every default, in dbt's key order. Equal inputs get the same one.
    pub(crate) fn build(&self, inputs: ConfigInputs<'_>) -> Result<Arc<ConfigMap>> {
        let key = self.key(inputs);
        let known = self.built.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(config) = known {
            return Ok(config);
        }
        let config = Arc::new(self.build_new(inputs)?);
        self.built.write().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&config));
        Ok(config)
    }

    fn key(&self, inputs: ConfigInputs<'_>) -> Inputs {
        let last = |tree: Option<&Yaml>| trees::levels(tree, inputs.fqn).last().map_or(0, address);
        let said = |map: Option<&ConfigMap>| match map {
            Some(map) if !map.is_empty() => serde_json::to_string(map).unwrap_or_default(),
            _ => String::new(),
        };
        let is_root = inputs.package == self.root.name;
        Inputs {
            resource: inputs.resource,
            own_level: last(self.project(inputs.package).tree(inputs.resource)),
            root_level: if is_root { 0 } else { last(self.root.tree(inputs.resource)) },
            properties: said(inputs.properties),
            in_file: said(inputs.in_file),
        }
    }

    fn build_new(&self, inputs: ConfigInputs<'_>) -> Result<ConfigMap> {
        let schema = schema::of(inputs.resource);
        let mut config = self.of_trees(inputs)?.as_ref().clone();
        for part in [inputs.properties, inputs.in_file].into_iter().flatten() {
            merge::update(&mut config, part, schema)?;
        }
        if inputs.package != self.root.name {
            for level in trees::levels(self.root.tree(inputs.resource), inputs.fqn) {
                merge::update(&mut config, self.level(level), schema)?;
            }
        }
        finish::finish(inputs.resource, &mut config)?;
        checks::check(inputs.resource, &config)?;
        Ok(config)
    }

    /// dbt's `unrendered_config`: the same places as written, later ones replacing earlier ones.
    /// The inputs' maps must be the unrendered ones.
    pub(crate) fn build_unrendered(&self, inputs: ConfigInputs<'_>) -> ConfigMap {
        // dbt reads the models' tree for functions here.
        let resource = match inputs.resource {
            Configurable::Function => Configurable::Model,
            other => other.tree(),
        };
        let mut config = ConfigMap::new();
        let mut from_tree = |project: &ProjectFile| {
            for level in trees::levels(project.unrendered_trees.get(&resource), inputs.fqn) {
                for (key, value) in self.level(level) {
                    config.insert(key.clone(), value.clone());
                }
            }
        };
        from_tree(self.project(inputs.package));
        for (key, value) in [inputs.properties, inputs.in_file].into_iter().flatten().flatten() {
            config.insert(trees::canonical(key).to_owned(), value.clone());
        }
        if inputs.package != self.root.name {
            let levels = trees::levels(self.root.unrendered_trees.get(&resource), inputs.fqn);
            for (key, value) in levels.flat_map(|level| self.level(level)) {
                config.insert(key.clone(), value.clone());
            }
        }
        config
    }

    fn project(&self, package: &str) -> &'a ProjectFile {
        self.packages.get(package).copied().unwrap_or(self.root)
    }

    /// Defaults and the own project's tree, merged.
    fn of_trees(&self, inputs: ConfigInputs<'_>) -> Result<Arc<ConfigMap>> {
        let tree = self.project(inputs.package).tree(inputs.resource);
        let last = trees::levels(tree, inputs.fqn).last().map_or(0, address);
        let key = (last, inputs.resource);
        let known = self.from_trees.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(config) = known {
            return Ok(config);
        }
        let schema = schema::of(inputs.resource);
        let mut config = schema.defaults();
        for level in trees::levels(tree, inputs.fqn) {
            merge::update(&mut config, self.level(level), schema)?;
        }
        let config = Arc::new(config);
        self.from_trees.write().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&config));
        Ok(config)
    }

    /// The configs that one level of a tree sets.
    fn level(&self, level: &Yaml) -> impl Iterator<Item = (&String, &Json)> {
        self.levels.get(&address(level)).into_iter().flatten()
    }
}

/// Identifies a level: trees outlive the `NodeConfigs` and do not move.
fn address(level: &Yaml) -> usize {
    std::ptr::from_ref(level).addr()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::project_file::VersionCheck;
    use crate::config::{RawProjectFile, Renderer, yaml};
    use crate::diagnostic::Span;
    use serde_json::Map;

    struct Plain;

    impl Renderer for Plain {
        fn render(&self, text: &str, _: Span) -> Result<Json> {
            Ok(text.into())
        }
    }

    fn project(text: &str) -> ProjectFile {
        let raw = RawProjectFile {
            directory: "/p".into(),
            yaml: yaml::load_text("dbt_project.yml", text).unwrap(),
            vars_file: None,
            warnings: Vec::new(),
        };
        raw.render(&Plain, VersionCheck::Enforced, &mut Vec::new()).unwrap()
    }

    fn object(value: Json) -> ConfigMap {
        value.as_object().unwrap().clone()
    }

    fn fqn(path: &str) -> Vec<String> {
        path.split('.').map(str::to_owned).collect()
    }

    /// Recorded from dbt 1.11 for the same project.
    #[test]
    fn the_config_of_a_model_equals_dbts() {
        let root = project(
            "name: cfg\nmodels:\n  +materialized: table\n  +tags: root\n  cfg:\n    +meta: {a: 1, owner: root}\n\
             \x20   +grants: {select: [x]}\n    +pre-hook: \"select 1\"\n    +indexes:\n      - {columns: [id]}\n    +docs: {node_color: red}\n\
             \x20   staging:\n      +schema: stg\n      +tags: [st]\n      +grants: {+select: y}\n      +post-hook:\n\
             \x20       - {sql: \"select 2\", transaction: false}\n      custom: 5\n",
        );
        let configs = NodeConfigs::new(&root, []);
        let properties = object(
            json!({"tags": ["yaml"], "meta": {"y": 1, "b": 7}, "grants": {"+insert": ["w"]}, "contract": {"alias_types": false}}),
        );
        let in_file = object(
            json!({"materialized": "view", "tags": "infile", "meta": {"b": 2}, "grants": {"select": ["z"]}, "pre-hook": "select 9", "alias": "al"}),
        );
        let fqn = fqn("cfg.staging.a");
        let inputs = ConfigInputs {
            resource: Configurable::Model,
            package: "cfg",
            fqn: &fqn,
            properties: Some(&properties),
            in_file: Some(&in_file),
        };
        assert_eq!(
            Json::Object(Map::clone(&configs.build(inputs).unwrap())).to_string(),
            r#"{"enabled":true,"alias":"al","schema":"stg","database":null,"tags":["root","st","yaml","infile"],"meta":{"a":1,"owner":"root","y":1,"b":2},"group":null,"static_analysis":null,"materialized":"view","incremental_strategy":null,"batch_size":null,"lookback":1,"begin":null,"persist_docs":{},"post-hook":[{"sql":"select 2","transaction":false,"index":null}],"pre-hook":[{"sql":"select 1","transaction":true,"index":null},{"sql":"select 9","transaction":true,"index":null}],"quoting":{},"column_types":{},"full_refresh":null,"unique_key":null,"on_schema_change":"ignore","on_configuration_change":"apply","grants":{"select":["z"],"insert":["w"]},"packages":[],"docs":{"show":true,"node_color":"red"},"contract":{"enforced":false,"alias_types":false},"event_time":null,"concurrent_batches":null,"access":"protected","freshness":null,"indexes":[{"columns":["id"]}],"custom":5}"#
        );
        assert_eq!(
            Json::Object(configs.build_unrendered(inputs)).to_string(),
            r#"{"materialized":"view","tags":"infile","meta":{"b":2},"grants":{"select":["z"]},"pre-hook":"select 9","indexes":[{"columns":["id"]}],"docs":{"node_color":"red"},"schema":"stg","post-hook":[{"sql":"select 2","transaction":false}],"custom":5,"contract":{"alias_types":false},"alias":"al"}"#
        );
    }

    #[test]
    fn the_root_project_wins_over_a_packages_own_file() {
        let root = project("name: root\nmodels: {pkg: {+materialized: table}}\n");
        let package = project("name: pkg\nmodels: {+materialized: incremental, +schema: s}\n");
        let configs = NodeConfigs::new(&root, [&package]);
        let in_file = object(json!({"materialized": "view"}));
        let fqn = fqn("pkg.m");
        let inputs = ConfigInputs {
            resource: Configurable::Model,
            package: "pkg",
            fqn: &fqn,
            properties: None,
            in_file: Some(&in_file),
        };
        let config = configs.build(inputs).unwrap();
        assert_eq!((&config["materialized"], &config["schema"]), (&json!("table"), &json!("s")));
    }

    #[test]
    fn unused_paths_are_named_and_marked() {
        let root = project(
            "name: p\nmodels:\n  p:\n    staging: {+tags: a}\n    old:\n      +tags: b\nseeds: {+enabled: true}\n",
        );
        let (used, mut configs) = (fqn("p.staging.a"), UsedConfigs::default());
        configs.add(Configurable::Model, &used);
        let warning = configs.warn_unused(&root).unwrap();
        assert!(
            warning.message.ends_with("There are 2 unused configuration paths:\n- models.p.old\n- seeds")
        );
        assert_eq!(warning.labels[0].span.location(), "dbt_project.yml:5:5");
    }
}
