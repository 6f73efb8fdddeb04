//! The objects that templates handle: relations, columns, and the tables that queries return.

pub(crate) mod adapter;
mod column;
mod metric;
#[cfg(test)]
mod parity;
mod relation;
mod runtime_config;
mod table;

pub(crate) use column::translate_type;
pub(crate) use column::{Column, ColumnClass};
pub(crate) use metric::MetricReference;
pub(crate) use relation::{
    EventTimeFilter, InformationSchema, Policy, Relation, RelationClass, RelationType,
};
pub(crate) use runtime_config::RuntimeConfig;
pub(crate) use table::{CellType, PrintLimits, Table};
