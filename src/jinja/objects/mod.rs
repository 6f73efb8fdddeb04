//! The objects that templates handle: relations, columns, and the tables that queries return.

pub mod adapter;
mod column;
#[cfg(test)]
mod parity;
mod relation;
mod table;

pub(crate) use column::translate_type;
pub use column::{Column, ColumnClass};
pub use relation::{EventTimeFilter, InformationSchema, Policy, Relation, RelationClass, RelationType};
pub use table::{DataType, PrintLimits, Table};
