//! Compiled SQL as data: where each output column comes from, and where one statement ends.
//!
//! `docs` and `commands` ask for lineage, `run` and `adapter` for statements. Nothing here talks to a database.

pub mod lineage;
pub mod split;

pub use lineage::{Lineage, RelationName, Resolver};
pub use split::statements;
