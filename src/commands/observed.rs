//! What the documentation page shows of the databases beside the artifacts: the tables as they are stored, and the run log.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::connect::Connect;
use super::log_run;
use super::session::{ParsedProject, Session};
use crate::adapter::catalog::stored;
use crate::adapter::{Connection, Settings};
use crate::diagnostic::{Diagnostic, Result};
use crate::hashed::HashMap;

/// As [`crate::docs::Artifacts`] takes it. What cannot be read is a warning: the page is whole without.
pub(super) fn read(
    session: &Session<'_>,
    parsed: &ParsedProject,
    connect: &Connect,
    catalog: &Json,
) -> Result<Json> {
    let emitter = &session.invocation.emitter;
    let mut observed = json!({});
    let own = (session.profile.target_name.as_str(), Arc::new(connect.settings.clone()));
    let others = connect.others.iter().map(|other| (other.name.as_str(), Arc::clone(&other.settings)));
    let mut tables = Map::new();
    for (output, settings) in [own].into_iter().chain(others) {
        let cataloged = cataloged(session, parsed, catalog, output);
        if cataloged.is_empty() {
            continue;
        }
        match stored_tables(&settings, &cataloged) {
            Ok(found) => tables.extend(found),
            Err(error) => emitter.warn(unread("sizes, indexes and constraints", &error))?,
        }
    }
    observed["tables"] = Json::Object(tables);
    match history(session, parsed, connect) {
        Ok(Some(history)) => observed["history"] = history,
        Ok(None) => {}
        Err(error) => emitter.warn(unread("the run log", &error))?,
    }
    Ok(observed)
}

fn unread(what: &str, error: &Diagnostic) -> Diagnostic {
    Diagnostic::warning(
        "CatalogGenerationError",
        format!("the page has nothing of {what}: {}", error.message),
    )
}

/// A relation of the catalog, and the node that it is.
struct Cataloged<'c> {
    unique_id: &'c str,
    relation: (String, String),
}

/// The tables of one output's database.
fn cataloged<'c>(
    session: &Session<'_>,
    parsed: &ParsedProject,
    catalog: &'c Json,
    output: &str,
) -> Vec<Cataloged<'c>> {
    let entries =
        ["nodes", "sources"].into_iter().filter_map(|section| catalog[section].as_object()).flatten();
    let is_here = |unique_id: &str| {
        let resource = parsed.manifest.resource(unique_id);
        session.output_of(resource.and_then(|resource| parsed.manifest.home(resource))) == output
    };
    let holds_rows = |entry: &Json| entry["metadata"]["type"] != "VIEW";
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    entries
        .filter(|(unique_id, entry)| holds_rows(entry) && is_here(unique_id))
        .map(|(unique_id, entry)| Cataloged {
            unique_id,
            relation: (text(&entry["metadata"]["schema"]), text(&entry["metadata"]["name"])),
        })
        .collect()
}

fn stored_tables(settings: &Arc<Settings>, cataloged: &[Cataloged<'_>]) -> Result<Map<String, Json>> {
    let relations: Vec<_> = cataloged.iter().map(|one| one.relation.clone()).collect();
    let mut connection = Connection::open(settings)?;
    let found = stored(&mut connection, &relations)?;
    let by_name: HashMap<_, _> =
        found.iter().map(|table| ((table.schema.as_str(), table.name.as_str()), &table.facts)).collect();
    let facts = |one: &Cataloged<'_>| {
        let (schema, name) = &one.relation;
        let facts = by_name.get(&(schema.as_str(), name.as_str()))?;
        Some((one.unique_id.to_owned(), (*facts).clone()))
    };
    Ok(cataloged.iter().filter_map(facts).collect())
}

fn history(session: &Session<'_>, parsed: &ParsedProject, connect: &Connect) -> Result<Option<Json>> {
    let Some(log) = log_run::of(session.invocation)? else { return Ok(None) };
    let settings = Arc::new(connect.settings.clone());
    let nodes = parsed.manifest.nodes.len() + parsed.manifest.sources.len();
    log.history(&settings, session.project.root.name(), &session.profile.target_name, nodes)
}
