//! Pipeline files: a table with its schedule, as analysts write it who know SQL and YAML: a merge of a staging table, or a query of their own.

mod file;
mod merge;
mod transform;

pub(crate) use file::{Pipeline, Work};
pub(crate) use merge::Merge;
pub(crate) use transform::Transform;
