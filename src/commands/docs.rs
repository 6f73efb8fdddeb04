//! `rsdbt docs`, `rsdbt docs generate` and `rsdbt docs serve`.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::connect::Connect;
use super::interrupted::interrupted;
use super::invocation::Invocation;
use super::run::write_compiled;
use super::running;
use super::session::{ParsedProject, Session, types_without};
use super::{CommandResult, Outcome, artifact, observed};
use crate::adapter::catalog::documentation;
use crate::adapter::{Connection, other_database};
use crate::config::DBT_VERSION;
use crate::diagnostic::{Diagnostic, Result, render};
use crate::docs::{self, Artifacts, catalog, outline};
use crate::graph::EmptyNodes;
use crate::manifest::{Manifest, Resource, ResourceType, connection_of};
use crate::options::Subcommand;
use crate::options::table::{BROWSER, COMPILE, EMPTY_CATALOG, EXCLUDE, HOST, PORT, SELECT, SELECTOR, STATIC};
use crate::run::{self, Command, Event};

/// `rsdbt docs`: the whole page, then the lineage of the selection as text.
pub(super) fn overview(invocation: &Invocation) -> CommandResult {
    let mut given = invocation.given.clone();
    given.retain(|key, _| ![SELECT.0.key, EXCLUDE.0.key, SELECTOR.0.key].contains(&key.as_str()));
    let whole = invocation.again(Subcommand::DocsGenerate, given)?;
    let mut session = Session::load(invocation)?;
    let parsed = session.parse_unwritten()?;
    let shown = types_without(&[ResourceType::Test, ResourceType::UnitTest, ResourceType::Analysis]);
    // a mistake in the selection is told before the work
    let selection = session.select(&parsed, shown, EmptyNodes::Keep)?;
    session.invocation = &whole;
    if write_page(&session, &parsed)? == Outcome::Failure {
        return Ok(Outcome::Failure);
    }
    if selection.is_empty() {
        invocation.emitter.warn(Diagnostic::warning("NoNodesSelected", "No nodes selected!"))?;
    } else {
        invocation.emitter.emit(Event::PrintEvent { msg: outline(&parsed.manifest, &selection.unique_ids) });
    }
    name_page(&session);
    Ok(Outcome::Success)
}

fn name_page(session: &Session<'_>) {
    let page = session.target_directory.join("index.html");
    let page = page.strip_prefix(&session.invocation.working_directory).unwrap_or(&page).display();
    let msg = format!("The documentation page is {page}: open it in a browser, or run `rsdbt docs serve`");
    session.invocation.emitter.emit(Event::Note { msg });
}

pub(super) fn generate(invocation: &Invocation) -> CommandResult {
    let session = Session::load(invocation)?;
    let parsed = session.parse_unwritten()?;
    let outcome = write_page(&session, &parsed)?;
    if outcome == Outcome::Success {
        name_page(&session);
    }
    Ok(outcome)
}

fn write_page(session: &Session<'_>, parsed: &ParsedProject) -> CommandResult {
    let invocation = session.invocation;
    let flags = &invocation.flags;
    let connect = Connect::new(&session.profile, invocation)?;
    let last_results = last_results(&session.target_directory)?;
    // dbt: manifest.json is written with what was compiled, or not at all
    if flags.is(&COMPILE) && !compile(session, parsed, &connect)? {
        invocation.emitter.emit(Event::CannotGenerateDocs {});
        return Ok(Outcome::Failure);
    }
    super::assets::copy(session)?;
    let manifest_path = session.target_directory.join("manifest.json");
    let manifest = artifact::read(&manifest_path)?.unwrap_or_else(|| serde_json::json!(&*parsed.manifest));
    let (catalog, observed) = if flags.is(&EMPTY_CATALOG) {
        (catalog::empty(&metadata(invocation)), Json::Null)
    } else {
        let catalog = read_catalog(session, parsed, &connect, &manifest)?;
        let observed = observed::read(session, parsed, &connect, &catalog)?;
        (catalog, observed)
    };
    let path = session.target_directory.join("catalog.json");
    artifact::write(&path, catalog.to_string().as_bytes())?;
    let failures = catalog["errors"].as_array().map_or(0, Vec::len);
    if failures > 0 {
        invocation.emitter.emit(Event::WriteCatalogFailure { num_exceptions: failures });
    }
    invocation.emitter.emit(Event::CatalogWritten { path: path.display().to_string() });
    let page = page(session, &manifest, &catalog, last_results.as_ref(), &observed)?;
    artifact::write(&session.target_directory.join("index.html"), page.as_bytes())?;
    if flags.is(&STATIC) {
        artifact::write(&session.target_directory.join("static_index.html"), page.as_bytes())?;
    }
    Ok(if failures > 0 { Outcome::Failure } else { Outcome::Success })
}

/// Compiles what can be compiled; false when something could not.
fn compile(
    session: &Session<'_>,
    parsed: &ParsedProject,
    connect: &Connect,
) -> Result<bool, crate::diagnostic::Diagnostics> {
    let types = super::run::selectable(session.invocation, Command::Compile)?;
    let selection = session.select(parsed, types, EmptyNodes::Skip)?;
    let inputs = running::inputs(session, parsed, connect, Command::Compile, &selection.unique_ids)?;
    let plan = run::plan(&parsed.manifest, &parsed.graph, &selection.unique_ids, Command::Compile);
    let outcome = run::execute(&inputs, &plan)?;
    write_compiled(session, parsed, &outcome.compiled)?;
    if outcome.results.interrupted {
        return Err(interrupted().into());
    }
    Ok(outcome.results.success())
}

fn read_catalog(
    session: &Session<'_>,
    parsed: &ParsedProject,
    connect: &Connect,
    manifest: &Json,
) -> Result<Json, crate::diagnostic::Diagnostics> {
    let invocation = session.invocation;
    invocation.emitter.emit(Event::BuildingCatalog {});
    let selection = session.select(parsed, types_without(&[ResourceType::Exposure]), EmptyNodes::Keep)?;
    let own = session.profile.target_name.as_str();
    let schemas = schemas_in(session, &parsed.manifest, own);
    let inputs = running::inputs(session, parsed, connect, Command::Compile, &[])?;
    let database = &connect.settings.database;
    let foreign = parsed
        .manifest
        .sources
        .values()
        .filter(|source| selection.contains(&source.unique_id))
        .find_map(|source| {
            let is_own = session.output_of(connection_of(&source.config)) == own;
            let other =
                source.database.as_deref().filter(|other| is_own && !other.eq_ignore_ascii_case(database))?;
            Some(
                other_database(other, database)
                    .subject(format!("source {}.{}", source.source_name, source.name)),
            )
        });
    let mut told: Vec<_> = foreign.into_iter().map(Diagnostic::boxed).collect();
    let tables = match run::own_catalog(&inputs, &selection.unique_ids, &schemas) {
        Ok(Some(own)) => own,
        Ok(None) => {
            let mut connection = Connection::open(&Arc::new(connect.settings.clone()))?;
            documentation(&mut connection, &schemas)?
        }
        Err(error) => {
            told.push(error);
            Vec::new()
        }
    };
    for error in &told {
        let message = format!("Encountered an error while generating catalog: {}", render(error));
        invocation.emitter.warn(Diagnostic::warning("CatalogGenerationError", message))?;
    }
    let errors: Vec<String> = told.iter().map(|error| render(error)).collect();
    let is_in = |unique_id: &str, output: &str| {
        let resource = parsed.manifest.resource(unique_id);
        let home = resource.and_then(|resource| parsed.manifest.home(resource));
        selection.contains(unique_id) && session.output_of(home) == output
    };
    let metadata = metadata(invocation);
    let mut whole = catalog::shape(&tables, database, manifest, &|id| is_in(id, own), &metadata, &errors);
    for other in &connect.others {
        let schemas = schemas_in(session, &parsed.manifest, &other.name);
        let tables = documentation(&mut Connection::open(&other.settings)?, &schemas)?;
        let selected = |unique_id: &str| is_in(unique_id, &other.name);
        let part = catalog::shape(&tables, &other.settings.database, manifest, &selected, &metadata, &[]);
        for section in ["nodes", "sources"] {
            if let (Some(whole), Some(part)) = (whole[section].as_object_mut(), part[section].as_object()) {
                whole.extend(part.clone());
            }
        }
    }
    Ok(whole)
}

/// The schemas of the project's relations in one output.
fn schemas_in<'m>(session: &Session<'_>, manifest: &'m Manifest, output: &str) -> Vec<&'m str> {
    let is_in = |resource| session.output_of(manifest.home(resource)) == output;
    let nodes = manifest.nodes.values().filter(|node| node.relation_name.is_some());
    let nodes = nodes.filter(|node| is_in(Resource::Node(node))).map(|node| node.schema.as_str());
    let sources = manifest.sources.values().filter(|source| is_in(Resource::Source(source)));
    let mut schemas: Vec<&str> = nodes.chain(sources.map(|source| source.schema.as_str())).collect();
    schemas.sort_unstable();
    schemas.dedup();
    schemas
}

fn metadata(invocation: &Invocation) -> Map<String, Json> {
    let artifacts = invocation.for_artifacts();
    let time = |at: jiff::Timestamp| at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string();
    let mut metadata = Map::new();
    metadata.insert("dbt_version".to_owned(), DBT_VERSION.into());
    metadata.insert("generated_at".to_owned(), time(crate::clock::now()).into());
    metadata.insert("invocation_id".to_owned(), invocation.id.clone().into());
    metadata.insert("invocation_started_at".to_owned(), time(invocation.started_at).into());
    metadata.insert("env".to_owned(), Json::Object(artifacts.env));
    metadata
}

/// The results of the last build or test. Compiling for the page overwrites run_results.json, as dbt does,
/// so they are kept beside it.
fn last_results(target: &Path) -> Result<Option<Json>> {
    let kept = target.join("last_results.json");
    let results = artifact::read(&target.join("run_results.json"))?.filter(Artifacts::is_execution);
    match &results {
        Some(results) => artifact::write(&kept, results.to_string().as_bytes())?,
        None => return artifact::read(&kept),
    }
    Ok(results)
}

/// The page over everything that the target directory has.
fn page(
    session: &Session<'_>,
    manifest: &Json,
    catalog: &Json,
    run_results: Option<&Json>,
    observed: &Json,
) -> Result<String> {
    let lineage = docs::trace_manifest(manifest, Some(catalog), session.profile.threads.max(2));
    let sources = artifact::read(&session.target_directory.join("sources.json"))?;
    let artifacts = Artifacts {
        manifest,
        catalog: Some(catalog),
        run_results,
        sources: sources.as_ref(),
        observed: Some(observed),
    };
    Ok(docs::generate(artifacts, &lineage))
}

pub(super) fn serve(invocation: &Invocation) -> CommandResult {
    let flags = &invocation.flags;
    let target = invocation.target_directory();
    if !target.join("index.html").is_file() {
        return Err(Diagnostic::runtime(
            "docs-missing",
            format!("there is no documentation page in {}", target.display()),
        )
        .help("run `rsdbt docs` first")
        .into());
    }
    let host = flags.text(&HOST).unwrap_or("127.0.0.1");
    let port = flags.number(&PORT).and_then(|port| u16::try_from(port).ok()).unwrap_or_default();
    let server = docs::server::Server::bind(host, port, &target)?;
    let address = server.address()?;
    invocation.emitter.emit(Event::Note { msg: format!("Serving docs at {address}") });
    invocation
        .emitter
        .emit(Event::Note { msg: format!("To access from your browser, navigate to: http://{address}") });
    // from here on that is how the command ends, and no interrupt
    crate::interrupt::announce(None);
    invocation.emitter.emit(Event::Note { msg: "Press Ctrl+C to exit.".to_owned() });
    invocation.emitter.flush();
    if flags.is(&BROWSER) {
        // without a browser the address above is enough
        let _ = std::process::Command::new("xdg-open")
            .arg(format!("http://{address}"))
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn();
    }
    server.run()
}
