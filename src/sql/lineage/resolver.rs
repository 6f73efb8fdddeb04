//! Who knows the columns of relations.

use std::sync::Arc;

use super::relation_name::RelationName;

/// The columns of a relation in order, names as Postgres stores them.
pub type ColumnNames = Arc<[Arc<str>]>;

/// What the caller knows about relations.
pub trait Resolver: Sync {
    /// All columns of the relation in order, or none if they are not known.
    fn columns(&self, relation: &RelationName) -> Option<ColumnNames>;

    /// Whether a CTE of this name stands for a node of its own (dbt inlines ephemeral models as CTEs):
    /// lineage then ends at `RelationName { name }` instead of passing through.
    fn is_inlined_model(&self, _cte: &str) -> bool {
        false
    }
}
