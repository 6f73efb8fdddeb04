//! Two that write one table: loads that would take each other's rows for their own, or a load and a node.

use super::ParseRequest;
use crate::config::load::{LoadMode, Origin};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::hashed::HashMap;
use crate::load::{self, LoadedTable};
use crate::manifest::{Config, Manifest, SourceDefinition};

/// A server and what is on it.
type Place<'m> = (&'m str, String);

/// Loads that only add rows of files may share a table. Any other one takes all rows of its table for its own.
pub(super) fn check(request: &ParseRequest<'_>, manifest: &Manifest) -> Result<(), Diagnostics> {
    let server = |config: &Config| {
        let place = request.place_of(config).ok().flatten();
        place.map_or(&request.target.server, |place| &place.server).as_str()
    };
    let mut loads: HashMap<Place<'_>, &SourceDefinition> = HashMap::default();
    let mut problems = Vec::new();
    for source in manifest.sources.values().filter(|source| load::is_loaded(source)) {
        let place = (server(&source.config), relation(source));
        match loads.get(&place) {
            Some(first) if !(only_adds(first) && only_adds(source)) => {
                problems.push(two_loads(first, source));
            }
            Some(_) => {}
            None => {
                loads.insert(place, source);
            }
        }
    }
    if loads.is_empty() {
        return Ok(());
    }
    for node in manifest.nodes.values().filter(|node| node.is_relational()) {
        let name = [node.database.as_deref().unwrap_or_default(), &node.schema, &node.alias].join("\n");
        if let Some(source) = loads.get(&(server(&node.config), name)) {
            problems.push(of_a_node(source, &node.locator()));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Diagnostics(problems)) }
}

fn relation(source: &SourceDefinition) -> String {
    [source.database.as_deref().unwrap_or_default(), &source.schema, &source.identifier].join("\n")
}

/// What is there already does not matter to the load.
fn only_adds(source: &SourceDefinition) -> bool {
    LoadedTable::of_manifest(source).is_ok_and(|table| {
        table.load.mode != LoadMode::Replace && !matches!(table.load.origin, Origin::Connection(_))
    })
}

fn two_loads(first: &SourceDefinition, second: &SourceDefinition) -> Diagnostic {
    let [one, other] = [first, second]
        .map(|source| format!("`{}.{}` ({})", source.source_name, source.name, source.original_file_path));
    let message = format!(
        "the source tables {one} and {other} are loaded into one table, {}.{}: each load would take the rows of the other for its own",
        second.schema, second.identifier
    );
    Diagnostic::parsing("loaded-twice", message).help("give one of them another `schema` or `identifier`")
}

fn of_a_node(source: &SourceDefinition, node: &str) -> Diagnostic {
    let message = format!(
        "the source table `{}.{}` ({}) is loaded into {}.{}, and the {node} is built there",
        source.source_name, source.name, source.original_file_path, source.schema, source.identifier
    );
    Diagnostic::parsing("loaded-twice", message)
        .help("give one of them another `schema`, `identifier` or `alias`")
}
