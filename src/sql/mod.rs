//! Compiled SQL as data: where each output column comes from, which staged rows take part, and where one statement ends.
//!
//! `docs` and `commands` ask for lineage, `jinja` for staged rows, `run` and `adapter` for statements. Nothing here talks
//! to a database.

pub mod consume;
pub mod lineage;
mod quoting;
pub mod split;

pub use lineage::RelationName;
pub use quoting::{quote_identifier, quote_literal, quote_odd_identifier, quote_where_needed};
pub use split::statements;
