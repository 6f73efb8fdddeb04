//! References without a version, to models of which a version newer than the latest one exists.

use super::{Manifest, Node, Version};
use crate::hashed::HashMap;

/// One of them.
pub(crate) struct UnpinnedRef<'a> {
    pub node: &'a Node,
    pub target: &'a Node,
    pub newest: &'a Version,
}

impl Manifest {
    /// All of them.
    pub(crate) fn unpinned_refs(&self) -> Vec<UnpinnedRef<'_>> {
        let mut newest: HashMap<(&str, &str), &Version> = HashMap::default();
        for node in self.nodes.values() {
            if let Some(version) = node.version() {
                let known = newest.entry((&node.package_name, &node.name)).or_insert(version);
                if version > *known {
                    *known = version;
                }
            }
        }
        if newest.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for node in self.nodes.values() {
            for args in node.refs.iter().filter(|args| args.version.is_none()) {
                let parents = node.depends_on.nodes.iter().filter_map(|id| self.nodes.get(id));
                let target = parents
                    .map(AsRef::as_ref)
                    .find(|parent: &&Node| parent.name == args.name && parent.is_latest_version());
                let Some(target) = target else { continue };
                let newest = newest.get(&(target.package_name.as_str(), target.name.as_str())).copied();
                if let Some(newest) = newest.filter(|newest| Some(*newest) > target.version()) {
                    found.push(UnpinnedRef { node, target, newest });
                }
            }
        }
        found
    }
}
