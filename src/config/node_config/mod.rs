//! A node's config out of its sources, weakest first: dbt's defaults, the own project's tree from the root to the
//! node's folder, the properties file, the file's own `config()`, and, for packages, the root project's tree.

mod defaults;
mod merge;
mod tree;

pub use defaults::{defaults, finish};
pub use merge::{merge_calls, merge_level};
pub use tree::ConfigTree;

use super::ResourceType;
use serde_json::{Map, Value as Json};

/// Where one node's config comes from.
pub struct ConfigSources<'a> {
    pub resource: ResourceType,
    pub fqn: &'a [String],
    /// The tree of the project that the node belongs to.
    pub own: &'a ConfigTree,
    /// The root project's tree, where the node belongs to a package.
    pub root: Option<&'a ConfigTree>,
    pub properties: Option<&'a Map<String, Json>>,
    pub calls: Option<&'a Map<String, Json>>,
}

impl ConfigSources<'_> {
    /// The resolved config, with dbt's defaults in dbt's order and the user's own keys behind them.
    pub fn resolve(&self) -> Map<String, Json> {
        let mut config = defaults(self.resource).clone();
        self.each(|level| merge_level(&mut config, level));
        finish(self.resource, &mut config);
        config
    }

    /// What was written, nothing defaulted and nothing merged: later sources replace earlier ones.
    pub fn written(&self) -> Map<String, Json> {
        let mut config = Map::new();
        self.each(|level| {
            for (key, value) in level {
                config.insert(key.clone(), value.clone());
            }
        });
        config
    }

    fn each(&self, mut apply: impl FnMut(&Map<String, Json>)) {
        self.own.levels(self.fqn, &mut apply);
        if let Some(properties) = self.properties {
            apply(properties);
        }
        if let Some(calls) = self.calls {
            apply(calls);
        }
        if let Some(root) = self.root {
            root.levels(self.fqn, &mut apply);
        }
    }
}
