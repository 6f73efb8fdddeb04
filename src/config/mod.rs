//! The user's YAML, typed and spanned: project, profiles, properties, packages, selectors, node configs.
//!
//! Jinja inside YAML is rendered through [`Renderer`], because the engine is a higher layer.

pub mod cron;
pub mod environment;
mod fields;
pub mod flags;
pub mod node_config;
mod optional_file;
pub mod packages;
pub mod pipelines;
pub mod profiles;
pub mod project_file;
pub mod properties;
mod renderer;
mod resource_type;
pub mod schedule;
pub mod selectors;
pub mod semver;
pub mod yaml;

pub use environment::Environment;
pub use fields::Fields;
pub use optional_file::optional_text;
pub use project_file::{ProjectFile, RawProjectFile};
pub use renderer::{Renderer, holds_jinja, render_tree};
pub use resource_type::ResourceType;
pub use yaml::{Mapping, Yaml};

/// The dbt that this program stands in for: `dbt_version`, `require-dbt-version`, artifacts.
pub const DBT_VERSION: &str = "1.11.16";
