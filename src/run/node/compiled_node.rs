//! A node whose query is ready.

use std::sync::Arc;

use super::super::ephemeral::Cte;
use crate::context::runtime::{Condition, query_parts};
use crate::hashed::HashMap;
use crate::jinja::Value;
use crate::jinja::python::list;
use crate::manifest::Node;

/// A node whose query is ready, and what those need who select from it as from a CTE.
#[derive(Debug)]
pub(in crate::run) struct CompiledNode {
    pub(in crate::run) node: Arc<Node>,
    /// The query before CTEs were put before it.
    pub(super) own_code: String,
    pub(super) ctes: Vec<Cte>,
    /// Those of the query and of its CTEs that a run may make narrower.
    pub(super) conditions: Vec<Condition>,
}

impl CompiledNode {
    /// The names that only the node's materialization sees.
    pub(super) fn names(&self) -> HashMap<String, Value> {
        let compiled = self.node.compiled.as_ref();
        let query = compiled.and_then(|compiled| compiled.code.as_deref()).unwrap_or_default();
        let parts = query_parts(query, &self.conditions).into_iter().map(Value::from);
        HashMap::from_iter([("rsdbt_query_parts".to_owned(), list(parts.collect()))])
    }
}
