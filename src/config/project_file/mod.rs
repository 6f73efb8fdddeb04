//! dbt_project.yml: read raw first (name, profile, flags, vars), then rendered into a [`ProjectFile`].

mod parts;
mod raw;
mod read;

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::hashed::IndexMap;

use super::{ResourceType, Yaml, semver};

pub use parts::{Dispatch, QueryComment, Quoting, SourcePaths};
pub use raw::RawProjectFile;
pub use read::VersionCheck;

/// The file that makes a directory a project.
pub const PROJECT_FILE: &str = "dbt_project.yml";

/// A project's settings, rendered and typed; what is not typed stays as YAML with spans.
#[derive(Debug, Clone)]
pub struct ProjectFile {
    pub directory: PathBuf,
    pub name: String,
    /// A string or a number, as written.
    pub version: Json,
    pub profile: Option<String>,
    pub paths: SourcePaths,
    pub target_path: String,
    pub log_path: Option<String>,
    pub clean_targets: Vec<String>,
    pub packages_install_path: String,
    pub quoting: Quoting,
    /// Hook texts, unrendered, with their spans.
    pub on_run_start: Vec<Yaml>,
    pub on_run_end: Vec<Yaml>,
    pub require_dbt_version: Vec<semver::Specifier>,
    pub dispatch: Vec<Dispatch>,
    /// The trees `models:`, `seeds:` and so on with their Jinja rendered.
    pub trees: IndexMap<ResourceType, Yaml>,
    /// The same trees as written: `unrendered_config` is made from them.
    pub unrendered_trees: IndexMap<ResourceType, Yaml>,
    /// `vars:` (or vars.yml) as written: dbt renders them only when they are used.
    pub vars: Option<Yaml>,
    pub query_comment: QueryComment,
    pub restrict_access: bool,
    pub flags: serde_json::Map<String, Json>,
    pub dbt_cloud: Json,
    /// The whole file, rendered.
    pub yaml: Yaml,
}

impl ProjectFile {
    /// The tree that configures a resource type.
    pub fn tree(&self, resource: ResourceType) -> Option<&Yaml> {
        self.trees.get(&resource.tree())
    }

    /// Where compiled files and artifacts go; an absolute `target-path` stays as it is.
    pub fn target_directory(&self) -> PathBuf {
        self.directory.join(&self.target_path)
    }

    pub fn packages_directory(&self) -> PathBuf {
        self.directory.join(&self.packages_install_path)
    }

    /// `vars:` that a node of `package` sees: the package's own block over the global ones.
    pub fn var(&self, package: &str, name: &str) -> Option<&Yaml> {
        let vars = self.vars.as_ref()?;
        vars.get(package).and_then(|block| block.get(name)).or_else(|| vars.get(name))
    }

    /// The search order that `dispatch:` gives for a macro namespace.
    pub fn search_order(&self, namespace: &str) -> Option<&[String]> {
        let entry = self.dispatch.iter().find(|entry| entry.macro_namespace == namespace)?;
        Some(&entry.search_order)
    }
}

/// The nearest directory with a dbt_project.yml: the given one or a parent of it.
pub fn find_project_directory(from: &Path) -> Option<PathBuf> {
    from.ancestors()
        .find(|directory| directory.join(PROJECT_FILE).symlink_metadata().is_ok())
        .map(Path::to_path_buf)
}
