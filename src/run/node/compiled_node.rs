//! A node whose query is ready.

use std::sync::Arc;

use crate::manifest::Node;

use super::super::ephemeral::Cte;

/// A node whose query is ready, and what those need who select from it as from a CTE.
#[derive(Debug)]
pub(in crate::run) struct CompiledNode {
    pub(in crate::run) node: Arc<Node>,
    /// The query before CTEs were put before it.
    pub(super) own_code: String,
    pub(super) ctes: Vec<Cte>,
}
