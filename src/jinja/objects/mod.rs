//! The objects that templates handle: relations, columns, and the tables that queries return.

mod column;
mod relation;

pub use column::{Column, ColumnClass};
pub use relation::{EventTimeFilter, Policy, Relation, RelationClass, RelationType};
