//! What parsing is asked for, and what it needs beside the project's files.

use std::sync::Arc;

use crate::context::{Engine, SharedNames};
use crate::manifest::Metadata;
use crate::options::Flags;
use crate::project::Project;

use super::quoted::Quoted;
use super::scope::RelationOf;

/// Where models go unless they say otherwise.
#[derive(Debug, Clone)]
pub(crate) struct ParseTarget {
    pub database: String,
    pub schema: String,
}

/// What parsing needs beside the project's files.
pub(crate) struct ParseRequest<'a> {
    pub project: &'a Project,
    pub engine: &'a Engine,
    pub shared: Arc<dyn SharedNames>,
    pub relation_of: RelationOf,
    pub target: ParseTarget,
    pub quoting: Quoted,
    /// `--store-failures`.
    pub store_failures: bool,
    pub flags: &'a Flags,
    pub metadata: Metadata,
    /// Seconds since 1970, for `created_at`.
    pub now: f64,
}

impl ParseRequest<'_> {
    pub(super) fn root_name(&self) -> &str {
        self.project.root.name()
    }
}
