//! Compiled SQL as data: where each output column comes from, which staged rows take part, and where one statement ends.
//!
//! `docs` and `commands` ask for lineage, `context` for staged rows, `run` and `adapter` for statements. Nothing here talks
//! to a database.

mod closed;
pub(crate) mod consume;
pub(crate) mod lineage;
pub(crate) mod made_of;
mod own_expressions;
mod parsed;
mod quoting;
pub(crate) mod restrict;
pub(crate) mod split;
mod text;

pub(crate) use closed::is_closed;
pub(crate) use lineage::RelationName;
pub use quoting::quote_identifier;
pub(crate) use quoting::{quote_literal, quote_odd_identifier, quote_where_needed};
pub use split::statements;
