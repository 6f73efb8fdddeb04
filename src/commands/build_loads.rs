//! The source tables that `build --load` fills before what reads them is built.

use super::list::resource_types;
use super::session::{ParsedProject, Session};
use crate::config::load::Origin;
use crate::diagnostic::{Category, Diagnostic, Result};
use crate::graph::{EmptyNodes, IndirectSelection, SelectionRequest};
use crate::hashed::HashSet;
use crate::load::{self, LoadedTable};
use crate::manifest::{Manifest, ResourceType, SourceDefinition};
use crate::options::table::{EMPTY, EXCLUDE, LOAD, SAMPLE, SELECT, SELECTOR};

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
    if resource_types(session.invocation, &[ResourceType::Source])?.is_empty() {
        return Ok(Vec::new());
    }
    let left_out = excluded(session, parsed)?;
    if has_selection {
        wanted.extend(read_by(manifest, selected));
        for (loaded, other) in load::names_of_loaded_tables(manifest) {
            if wanted.contains(other) {
                wanted.insert(loaded);
            }
        }
    }
    let filled = manifest.sources.iter().filter(|(id, source)| {
        wanted.contains(id.as_str()) && !left_out.contains(id.as_str()) && is_filled(source)
    });
    Ok(filled.map(|(id, _)| id.clone()).collect())
}

/// What nodes read, by themselves and by the ephemeral models that become a part of them.
fn read_by<'m>(manifest: &'m Manifest, selected: &'m [String]) -> HashSet<&'m str> {
    let mut read = HashSet::default();
    let mut open: Vec<&str> = selected.iter().map(String::as_str).collect();
    while let Some(resource) = open.pop().and_then(|id| manifest.resource(id)) {
        for parent in resource.parents() {
            let is_part = manifest.nodes.get(parent).is_some_and(|node| node.is_ephemeral_model());
            if read.insert(parent.as_str()) && is_part {
                open.push(parent);
            }
        }
    }
    read
}

/// What `--exclude` names.
fn excluded(session: &Session<'_>, parsed: &ParsedProject) -> Result<HashSet<String>> {
    let include = session.invocation.flags.words(&EXCLUDE);
    if include.is_empty() {
        return Ok(HashSet::default());
    }
    let request = SelectionRequest {
        include,
        exclude: Vec::new(),
        selector: None,
        indirect: IndirectSelection::Eager,
        resource_types: vec![ResourceType::Source],
        empty_nodes: EmptyNodes::Skip,
    };
    Ok(session.select_by(parsed, &request)?.unique_ids.into_iter().collect())
}
