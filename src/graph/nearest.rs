//! What each selected node comes after, through any nodes that are not selected.

use std::collections::BTreeSet;

use petgraph::Direction;

use super::{Graph, NodeSet};
use crate::hashed::HashMap;

impl Graph {
    /// For each selected node the nearest selected ones among its ancestors.
    pub(crate) fn nearest(&self, selected: &NodeSet) -> HashMap<usize, BTreeSet<usize>> {
        let mut concerned = self.reach(selected, None, Direction::Incoming, None);
        concerned.union_with(selected);
        let depths = self.depths();
        let mut parents_first: Vec<usize> = concerned.iter().collect();
        parents_first.sort_by_key(|&at| depths[at]);
        let mut found: HashMap<usize, BTreeSet<usize>> = HashMap::default();
        for at in parents_first {
            let mut nearest = BTreeSet::new();
            for parent in self.parents_at(at) {
                if selected.contains(parent) {
                    nearest.insert(parent);
                } else if let Some(above) = found.get(&parent) {
                    nearest.extend(above);
                }
            }
            found.insert(at, nearest);
        }
        found.retain(|&at, _| selected.contains(at));
        found
    }
}
