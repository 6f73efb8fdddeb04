//! The objects that templates handle: relations, columns, and the tables that queries return.

pub mod adapter;
mod column;
#[cfg(test)]
mod parity;
mod relation;
mod response;
mod table;

pub(crate) use column::translate_type;
pub use column::{Column, ColumnClass};
pub use relation::{
    Details, EventTimeFilter, InformationSchema, Policy, Relation, RelationClass, RelationType,
};
pub use response::ResponseObject;
pub use table::{DataType, PrintLimits, Row, Table, TableColumn};
