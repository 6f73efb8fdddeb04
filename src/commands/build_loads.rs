//! The source tables that `build --load` fills before what reads them is built.

use super::session::{ParsedProject, Session};
use crate::config::load::Origin;
use crate::diagnostic::{Category, Diagnostic, Result};
use crate::graph::EmptyNodes;
use crate::hashed::HashSet;
use crate::load::{self, LoadedTable};
use crate::manifest::{Resource, ResourceType, SourceDefinition};
use crate::options::table::{EMPTY, LOAD, SAMPLE, SELECT, SELECTOR};

/// Those that selected nodes read; without a selection all. Standard input is for `load` alone.
pub(super) fn added(
    session: &Session<'_>,
    parsed: &ParsedProject,
    selected: &[String],
) -> Result<Vec<String>> {
    let flags = &session.invocation.flags;
    if !flags.is(&LOAD) {
        return Ok(Vec::new());
    }
    if flags.is(&EMPTY) || flags.text(&SAMPLE).is_some() {
        let message = "`--load` is not allowed with `--empty` and `--sample`: tables are loaded whole";
        return Err(Diagnostic::new("build-load", Category::Usage, message)
            .help("load first, by `rsdbt load`")
            .boxed());
    }
    let manifest = &parsed.manifest;
    let is_filled = |source: &SourceDefinition| {
        load::is_loaded(source)
            && !matches!(LoadedTable::of_manifest(source).map(|table| table.load.origin), Ok(Origin::Stdin))
    };
    let named = session.select(parsed, vec![ResourceType::Source], EmptyNodes::Skip)?.unique_ids;
    let has_selection = !flags.words(&SELECT).is_empty() || flags.text(&SELECTOR).is_some();
    let mut wanted: HashSet<&str> = named.iter().map(String::as_str).collect();
    if has_selection {
        let nodes = selected.iter().filter_map(|id| manifest.resource(id));
        wanted.extend(nodes.flat_map(Resource::parents).map(String::as_str));
        for (loaded, other) in load::names_of_loaded_tables(manifest) {
            if wanted.contains(other) {
                wanted.insert(loaded);
            }
        }
    }
    let filled =
        manifest.sources.iter().filter(|(id, source)| wanted.contains(id.as_str()) && is_filled(source));
    Ok(filled.map(|(id, _)| id.clone()).collect())
}
