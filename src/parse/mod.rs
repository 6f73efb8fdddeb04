//! [`Project`] to [`Manifest`]: the one stage that renders templates while it reads.
//!
//! Files become drafts of nodes, properties files patch them, configs and names are settled, generic tests and
//! sources are added, then names become edges. Each parse is a full one: it is fast enough that none is cached.

mod checks;
mod config_blocks;
mod config_calls;
mod docs;
mod draft;
mod exposures;
mod files;
mod fingerprint;
mod generic_tests;
mod hooks;
mod inline;
mod jobs;
mod loaded_twice;
mod macros;
mod materializations;
mod mistyped_configs;
mod naming;
mod overloads;
mod parsed;
mod patches;
mod pipeline_links;
mod pipelines;
mod properties;
mod python_models;
mod quoted;
mod request;
mod resolved_config;
mod scope;
mod semantic_checks;
mod semantics;
mod settle;
mod sites;
mod sources;
mod test_definition;
mod test_group;
mod test_name;
mod trees;
mod unit_tests;

use crate::diagnostic::Diagnostics;

pub(crate) use generic_tests::render_arguments;
pub(crate) use inline::{INLINE_NAME, inline};
pub(crate) use jobs::ResolvedJob;
pub(crate) use parsed::Parsed;
pub(crate) use quoted::Quoted;
pub(crate) use request::{ParsePlace, ParseRequest, ParseTarget};
pub(crate) use semantic_checks::SEMANTIC_VALIDATION;
pub(crate) use test_definition::KWARGS_NAME;

/// dbt's id of a project: the hash of its name.
pub(crate) fn project_id(name: &str) -> String {
    test_name::md5_hex(name)
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
    let mut parsed = parser.resolve()?;
    parsed.jobs = jobs::resolved(request, &parsed.manifest)?;
    Ok(parsed)
}
