//! The user's YAML, typed and spanned: project, profiles, properties, packages, selectors, node configs.
//!
//! Jinja inside YAML is rendered through [`Renderer`], because the engine is a higher layer.

pub(crate) mod batches;
pub(crate) mod catalogs;
mod configurable;
pub(crate) mod cron;
pub(crate) mod duration;
pub(crate) mod environment;
mod fields;
pub(crate) mod jobs;
pub(crate) mod json_schema;
pub(crate) mod known;
pub(crate) mod load;
pub(crate) mod node_config;
mod optional_file;
pub(crate) mod packages;
pub(crate) mod pipelines;
pub(crate) mod profiles;
pub(crate) mod project_file;
pub(crate) mod properties;
mod renderer;
pub(crate) mod schedule;
pub(crate) mod selectors;
pub(crate) mod semver;
mod strict;
pub(crate) mod yaml;

pub(crate) use configurable::Configurable;
pub(crate) use environment::Environment;
pub(crate) use fields::Fields;
pub(crate) use optional_file::optional_text;
pub(crate) use project_file::{ProjectFile, RawProjectFile};
pub(crate) use renderer::{Renderer, holds_jinja, render_tree};
pub(crate) use yaml::Mapping;
pub(crate) use yaml::Yaml;

/// The dbt that this program stands in for: `dbt_version`, `require-dbt-version`, artifacts.
pub(crate) const DBT_VERSION: &str = "1.11.16";

/// More sessions than any server has.
pub(crate) const MOST_THREADS: i64 = 10_000;
