//! [`Project`] to [`Manifest`]: the one stage that renders templates while it reads.
//!
//! Files become drafts of nodes, properties files patch them, configs and names are settled, generic tests and
//! sources are added, then names become edges. Each parse is a full one: it is fast enough that none is cached.

mod checks;
mod docs;
mod draft;
mod exposures;
mod files;
mod fingerprint;
mod generic_tests;
mod hooks;
mod inline;
mod macros;
mod mistyped_configs;
mod naming;
mod patches;
mod pipeline_links;
mod pipelines;
mod properties;
mod python_models;
mod resolved_config;
mod scope;
mod semantics;
mod settle;
mod sources;
mod test_definition;
mod test_group;
mod test_name;
mod trees;
mod unit_tests;

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::jinja::{Engine, SharedNames};
use crate::manifest::{Manifest, Metadata};
use crate::options::Flags;
use crate::project::Project;

pub(crate) use generic_tests::render_arguments;
pub(crate) use inline::{INLINE_NAME, inline};
pub(crate) use naming::Quoted;
pub(crate) use scope::RelationOf;
pub(crate) use test_definition::KWARGS_NAME;

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
    fn root_name(&self) -> &str {
        self.project.root.name()
    }
}

/// dbt's id of a project: the hash of its name.
pub(crate) fn project_id(name: &str) -> String {
    test_name::md5_hex(name)
}

/// The manifest and what is to be said about the project.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub manifest: Manifest,
    pub warnings: Vec<Diagnostic>,
}

/// Reads the whole project.
///
/// # Errors
/// All mistakes of the first phase that finds any.
pub(crate) fn manifest(request: &ParseRequest<'_>) -> Result<Parsed, Diagnostics> {
    let mut parser = settle::Parser::new(request);
    parser.read_files()?;
    parser.read_properties()?;
    parser.link_pipelines()?;
    parser.settle_nodes()?;
    parser.add_tests_and_sources()?;
    parser.resolve()
}
