//! dbt_project.yml: read raw first (name, profile, flags, vars), then rendered into a [`ProjectFile`].

mod parts;
mod raw;
mod read;

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::hashed::IndexMap;

use super::{Configurable, Yaml};

pub(crate) use parts::{Dispatch, QueryComment, Quoting, SourcePaths};
pub(crate) use raw::RawProjectFile;
pub(crate) use read::{KNOWN_KEYS, VersionCheck};

/// The file that makes a directory a project.
pub(crate) const PROJECT_FILE: &str = "dbt_project.yml";

/// A project's settings, rendered and typed; what is not typed stays as YAML with spans.
#[derive(Debug, Clone)]
pub(crate) struct ProjectFile {
    pub directory: PathBuf,
    pub name: String,
    /// A string or a number, as written.
    pub version: Json,
    pub paths: SourcePaths,
    pub target_path: String,
    pub clean_targets: Vec<String>,
    pub packages_install_path: String,
    pub quoting: Quoting,
    /// Hook texts, unrendered, with their spans.
    pub on_run_start: Vec<Yaml>,
    pub on_run_end: Vec<Yaml>,
    pub dispatch: Vec<Dispatch>,
    /// The trees `models:`, `seeds:` and so on with their Jinja rendered.
    pub trees: IndexMap<Configurable, Yaml>,
    /// The same trees as written: `unrendered_config` is made from them.
    pub unrendered_trees: IndexMap<Configurable, Yaml>,
    /// `vars:` (or vars.yml) as written: dbt renders them only when they are used.
    pub vars: Option<Yaml>,
    pub query_comment: QueryComment,
    pub restrict_access: bool,
    /// The whole file, rendered.
    pub yaml: Yaml,
}

impl ProjectFile {
    /// The tree that configures a resource type.
    pub(crate) fn tree(&self, resource: Configurable) -> Option<&Yaml> {
        self.trees.get(&resource.tree())
    }

    /// Where compiled files and artifacts go; an absolute `target-path` stays as it is.
    pub(crate) fn target_directory(&self) -> PathBuf {
        self.directory.join(&self.target_path)
    }

    pub(crate) fn packages_directory(&self) -> PathBuf {
        self.directory.join(&self.packages_install_path)
    }
}

/// The nearest directory with a dbt_project.yml: the given one or a parent of it.
pub(crate) fn find_project_directory(from: &Path) -> Option<PathBuf> {
    from.ancestors()
        .find(|directory| directory.join(PROJECT_FILE).symlink_metadata().is_ok())
        .map(Path::to_path_buf)
}
