//! The edge lists of manifest.json, derived from what each resource depends on.

use indexmap::IndexMap;

use super::{EdgeMap, Manifest, Resource};

/// `parent_map`, `child_map` and `group_map`.
#[derive(Debug)]
pub struct EdgeMaps {
    parents: EdgeMap,
    children: EdgeMap,
    groups: EdgeMap,
}

impl Manifest {
    pub fn set_maps(&mut self, maps: EdgeMaps) {
        self.parent_map = maps.parents;
        self.child_map = maps.children;
        self.group_map = maps.groups;
    }

    /// The edge lists of the resolved manifest.
    pub fn edge_maps(&self) -> EdgeMaps {
        let mut children: EdgeMap = IndexMap::new();
        let mut parents: EdgeMap = IndexMap::new();
        for resource in self.in_map_order() {
            children.insert(resource.unique_id().to_owned(), Vec::new());
        }
        for resource in self.in_map_order() {
            let unique_id = resource.unique_id();
            let mut own = resource.parents().to_vec();
            for parent in &own {
                if let Some(list) = children.get_mut(parent) {
                    list.push(unique_id.to_owned());
                }
            }
            own.sort_unstable();
            parents.insert(unique_id.to_owned(), own);
        }
        for list in children.values_mut() {
            list.sort_unstable();
        }
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
