//! The edge lists of manifest.json, derived from what each resource depends on.

use crate::hashed::IndexMap;
use crate::parallel;

use super::{EdgeMap, Manifest, Resource};

/// `parent_map`, `child_map` and `group_map`.
#[derive(Debug)]
pub struct EdgeMaps {
    parents: EdgeMap,
    children: EdgeMap,
    groups: EdgeMap,
}

/// An entry of a map, its list sorted.
fn owned((unique_id, list): (&str, &[impl ToString])) -> (String, Vec<String>) {
    let mut list: Vec<String> = list.iter().map(ToString::to_string).collect();
    list.sort_unstable();
    (unique_id.to_owned(), list)
}

impl Manifest {
    pub fn set_maps(&mut self, maps: EdgeMaps) {
        self.parent_map = maps.parents;
        self.child_map = maps.children;
        self.group_map = maps.groups;
    }

    /// The edge lists of the resolved manifest.
    pub fn edge_maps(&self) -> EdgeMaps {
        let mut children: IndexMap<&str, Vec<&str>> =
            self.in_map_order().map(|resource| (resource.unique_id(), Vec::new())).collect();
        for resource in self.in_map_order() {
            for parent in resource.parents() {
                if let Some(list) = children.get_mut(parent.as_str()) {
                    list.push(resource.unique_id());
                }
            }
        }
        let (parents, children) = parallel::join(
            || {
                self.in_map_order()
                    .map(|resource| (resource.unique_id(), resource.parents()))
                    .map(owned)
                    .collect()
            },
            || children.iter().map(|(unique_id, list)| (*unique_id, list.as_slice())).map(owned).collect(),
        );
        EdgeMaps { parents, children, groups: self.groups_with_members() }
    }

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

    fn groups_with_members(&self) -> EdgeMap {
        let mut map: EdgeMap = self.groups.values().map(|group| (group.name.clone(), Vec::new())).collect();
        let nodes = self.nodes.values().map(|node| Resource::Node(node));
        let members = nodes
            .chain(self.saved_queries.values().map(Resource::SavedQuery))
            .chain(self.semantic_models.values().map(Resource::SemanticModel))
            .chain(self.metrics.values().map(Resource::Metric));
        for member in members {
            if let Some(list) = member.group().and_then(|group| map.get_mut(group)) {
                list.push(member.unique_id().to_owned());
            }
        }
        map
    }
}
