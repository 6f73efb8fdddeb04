//! The edge lists of manifest.json, derived from what each resource depends on while it is written: nothing else asks
//! for them.

use serde::{Serialize, Serializer};

use crate::hashed::IndexMap;

use super::{Manifest, Resource};

/// `parent_map`.
pub(super) struct Parents<'m>(pub(super) &'m Manifest);
/// `child_map`.
pub(super) struct Children<'m>(pub(super) &'m Manifest);
/// `group_map`.
pub(super) struct Members<'m>(pub(super) &'m Manifest);

impl Serialize for Parents<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.in_map_order().map(|resource| {
            let mut parents: Vec<&str> = resource.parents().iter().map(String::as_str).collect();
            parents.sort_unstable();
            (resource.unique_id(), parents)
        }))
    }
}

impl Serialize for Children<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut children: IndexMap<&str, Vec<&str>> =
            self.0.in_map_order().map(|resource| (resource.unique_id(), Vec::new())).collect();
        for resource in self.0.in_map_order() {
            for parent in resource.parents() {
                if let Some(list) = children.get_mut(parent.as_str()) {
                    list.push(resource.unique_id());
                }
            }
        }
        serializer.collect_map(children.into_iter().map(|(unique_id, mut list)| {
            list.sort_unstable();
            (unique_id, list)
        }))
    }
}

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let manifest = self.0;
        let mut members: IndexMap<&str, Vec<&str>> =
            manifest.groups.values().map(|group| (group.name.as_str(), Vec::new())).collect();
        let nodes = manifest.nodes.values().map(|node| Resource::Node(node));
        let grouped = nodes
            .chain(manifest.saved_queries.values().map(Resource::SavedQuery))
            .chain(manifest.semantic_models.values().map(Resource::SemanticModel))
            .chain(manifest.metrics.values().map(Resource::Metric));
        for member in grouped {
            if let Some(list) = member.group().and_then(|group| members.get_mut(group)) {
                list.push(member.unique_id());
            }
        }
        serializer.collect_map(members)
    }
}

impl Manifest {
    fn in_map_order(&self) -> impl Iterator<Item = Resource<'_>> {
        let nodes = self.nodes.values().map(|node| Resource::Node(node));
        nodes
            .chain(self.sources.values().map(|source| Resource::Source(source)))
            .chain(self.exposures.values().map(Resource::Exposure))
            .chain(self.functions.values().map(|node| Resource::Node(node)))
            .chain(self.metrics.values().map(Resource::Metric))
            .chain(self.semantic_models.values().map(Resource::SemanticModel))
            .chain(self.saved_queries.values().map(Resource::SavedQuery))
            .chain(self.unit_tests.values().map(Resource::UnitTest))
    }
}
