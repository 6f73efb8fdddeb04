//! Sources that name one table: one of them is loaded, others read it.

use crate::hashed::HashMap;
use crate::manifest::{Manifest, SourceDefinition, connection_of};

use super::is_loaded;

type Place<'m> = (Option<&'m str>, &'m str, &'m str, &'m str);

/// Pairs of a loaded source and another one that names its table, by their ids.
pub(crate) fn names_of_loaded_tables(manifest: &Manifest) -> Vec<(&str, &str)> {
    let loaded: HashMap<Place<'_>, &str> = manifest
        .sources
        .iter()
        .filter(|(_, source)| is_loaded(source))
        .map(|(id, source)| (place(source), id.as_str()))
        .collect();
    if loaded.is_empty() {
        return Vec::new();
    }
    let others = manifest.sources.iter().filter(|(_, source)| !is_loaded(source));
    others.filter_map(|(id, source)| Some((*loaded.get(&place(source))?, id.as_str()))).collect()
}

fn place(source: &SourceDefinition) -> Place<'_> {
    let database = source.database.as_deref().unwrap_or_default();
    (connection_of(&source.config), database, &source.schema, &source.identifier)
}
