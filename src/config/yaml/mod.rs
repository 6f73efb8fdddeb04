//! YAML with spans: every value knows the bytes of the user's file that it came from.
//!
//! Scalars resolve as PyYAML does (YAML 1.1), because that is what dbt's users have written for.

mod float;
mod load;
mod merge;
mod resolve;
mod syntax;
mod value;
mod write;

pub(crate) use load::{load, load_text};
pub(crate) use value::{Entry, Kind, Mapping, Yaml};
pub(crate) use write::to_yaml_text;
