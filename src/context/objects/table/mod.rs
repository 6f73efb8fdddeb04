//! agate's `Table`: what `run_query`, `load_result` and `load_agate_table` hand to templates.

mod argument;
mod cells;
mod column;
mod contents;
mod data;
mod infer;
mod methods;
mod named;
mod number;
mod print;
mod print_limits;
mod reshape;
mod row;
mod sequence;

use argument::argument;
pub(super) use column::TableColumn;
pub(super) use contents::Contents;
pub(crate) use data::Table;
pub(crate) use infer::CellType;
pub(crate) use print_limits::PrintLimits;
pub(super) use row::{Names, Row};

#[cfg(test)]
pub(super) mod tests;
