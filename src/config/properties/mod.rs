//! Properties YAML (`schema.yml`): a file, its lists, and a typed reader for each kind of entry.
//!
//! The order for a caller: [`PropertiesFile::read`], then for each entry [`render_entry`], then the reader
//! of its kind. Descriptions, `data_tests` and a few others stay unrendered, as dbt leaves them for later.

mod column;
mod exposure;
mod file;
mod freshness;
mod known_keys;
mod macros;
mod node;
mod render;
mod source;
mod unit_test;

pub(crate) use column::ColumnProperties;
pub(crate) use exposure::{ExposureProperties, GroupProperties, Owner};
pub(crate) use file::{PropertiesFile, PropertyKind};
pub(crate) use macros::{ArgumentProperties, MacroProperties};
pub(crate) use node::{FunctionProperties, NodeProperties, OverloadProperties, VersionProperties};
pub(crate) use render::render_entry;
pub(crate) use source::{SourceProperties, TableProperties};
pub(crate) use unit_test::{Fixture, FixtureFormat, UnitTestProperties};
