//! `load`: the tables of the selected sources are filled from where their configs say.

use std::sync::Arc;

use super::connect::Connect;
use super::interrupted::interrupted;
use super::invocation::Invocation;
use super::running;
use super::session::{Parsed, Session};
use super::{CommandResult, Outcome};
use crate::config::node_config::plain_defaults;
use crate::diagnostic::{Diagnostic, Diagnostics, Result, did_you_mean};
use crate::graph::EmptyNodes;
use crate::load::LoadSpec;
use crate::manifest::{Manifest, ResourceType, SourceDefinition};
use crate::options::table::LOAD_TABLE;
use crate::run::{self, Command};

pub(super) fn run(invocation: &Invocation) -> CommandResult {
    let session = Session::load(invocation)?;
    let mut parsed = session.parse()?;
    let selected = selected(&session, &parsed)?;
    check(&parsed.manifest, &selected, invocation)?;
    add_tables(&mut parsed, &selected);
    let connect = Connect::new(&session.profile, invocation)?;
    let inputs = running::inputs(&session, &parsed, &connect, Command::Load, &selected)?;
    let plan = run::plan(&parsed.manifest, &parsed.graph, &selected, Command::Load);
    let outcome = run::execute(&inputs, &plan)?;
    if outcome.results.interrupted {
        return Err(interrupted().into());
    }
    Ok(if outcome.results.success() { Outcome::Success } else { Outcome::Failure })
}

/// Those that are loaded: by the name that was given, else by the options.
fn selected(session: &Session<'_>, parsed: &Parsed) -> Result<Vec<String>> {
    let loaded = || parsed.manifest.sources.values().filter(|source| source.is_loaded());
    let Some(name) = session.invocation.flags.text(&LOAD_TABLE) else {
        let mut selected = session.select(parsed, vec![ResourceType::Source], EmptyNodes::Skip)?.unique_ids;
        selected.retain(|id| loaded().any(|source| source.unique_id == *id));
        return Ok(selected);
    };
    let is_meant = |source: &&Arc<SourceDefinition>| {
        source.name == name || format!("{}.{}", source.source_name, source.name) == name
    };
    let meant: Vec<String> = loaded().filter(is_meant).map(|source| source.unique_id.clone()).collect();
    if meant.len() == 1 {
        return Ok(meant);
    }
    let message = if meant.is_empty() {
        format!("no source has a table `{name}` with `config: {load}`", load = "{load: ..}")
    } else {
        format!("`{name}` is the name of several tables: {}", meant.join(", "))
    };
    let help = if meant.is_empty() {
        did_you_mean(name, loaded().map(|source| source.name.as_str()))
    } else {
        Some("write it as `source.table`".to_owned())
    };
    Err(Diagnostic::runtime("load-no-source", message).maybe_help(help).boxed())
}

/// All configs are right before anything is read.
fn check(manifest: &Manifest, selected: &[String], invocation: &Invocation) -> Result<(), Diagnostics> {
    let mut problems = Vec::new();
    let mut readers = Vec::new();
    for source in selected.iter().filter_map(|id| manifest.sources.get(id)) {
        match LoadSpec::of(source, invocation.project_directory.clone()) {
            Ok(Some(spec)) if spec.reads_stdin() => readers.push(source.name.as_str()),
            Ok(_) => {}
            Err(problem) => problems.push(*problem),
        }
    }
    if let [first, second, ..] = readers.as_slice() {
        let message = format!("`{first}` and `{second}` both read standard input");
        problems.push(Diagnostic::runtime("load-stdin", message).help("load one of them at a time"));
    }
    if problems.is_empty() { Ok(()) } else { Err(Diagnostics(problems)) }
}

/// As nodes that are built, for this run alone.
fn add_tables(parsed: &mut Parsed, selected: &[String]) {
    let mut manifest = Manifest::clone(&parsed.manifest);
    for id in selected {
        let Some(source) = parsed.manifest.sources.get(id) else { continue };
        manifest.nodes.insert(id.clone(), Arc::new(source.as_filled(plain_defaults())));
    }
    parsed.manifest = Arc::new(manifest);
}
