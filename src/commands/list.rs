//! `rsdbt ls`: the selected nodes, a line each.

use std::str::FromStr as _;

use super::invocation::Invocation;
use super::session::{ParsedProject, Session};
use super::{CommandResult, Outcome};
use crate::diagnostic::{Category, Diagnostic, Diagnostics, Result};
use crate::graph::{EmptyNodes, ListOutput, list, unknown_keys};
use crate::manifest::ResourceType;
use crate::options::table::{
    EXCLUDE_RESOURCE_TYPES, LIST_OUTPUT, MODELS, OUTPUT_KEYS, RESOURCE_TYPES, SELECT,
};
use crate::run::Event;

/// dbt's order of what `ls` shows by default.
const DEFAULT: [ResourceType; 11] = [
    ResourceType::Model,
    ResourceType::Snapshot,
    ResourceType::Seed,
    ResourceType::Test,
    ResourceType::Source,
    ResourceType::Exposure,
    ResourceType::Metric,
    ResourceType::SavedQuery,
    ResourceType::SemanticModel,
    ResourceType::UnitTest,
    ResourceType::Function,
];

pub(super) fn run(invocation: &Invocation) -> CommandResult {
    let flags = &invocation.flags;
    let models = !flags.words(&MODELS).is_empty();
    for (given, name) in [(&SELECT, "select"), (&RESOURCE_TYPES, "resource_type")] {
        if models && !flags.words(given).is_empty() {
            let message = format!("\"models\" and \"{name}\" are mutually exclusive arguments");
            return Err(Diagnostic::new("list-options", Category::Runtime, message)
                .help("use --select with --resource-type")
                .into());
        }
    }
    let session = Session::load(invocation)?;
    // nothing is listed where manifest.json cannot be written
    let (parsed, lines) = session.parse_and(|parsed| lines(&session, parsed, models))?;
    for line in lines {
        invocation.emitter.emit(Event::ListCmdOut { msg: line });
    }
    // the process ends here: to give back every string would take as long as to read it
    std::mem::forget((session, parsed));
    Ok(Outcome::Success)
}

/// What is selected, as it is printed.
fn lines(session: &Session<'_>, parsed: &ParsedProject, models: bool) -> Result<Vec<String>, Diagnostics> {
    let invocation = session.invocation;
    let types = if models { vec![ResourceType::Model] } else { resource_types(invocation, &DEFAULT)? };
    let selection = session.select(parsed, types, EmptyNodes::Keep)?;
    if selection.is_empty() {
        invocation.emitter.warn(Diagnostic::warning("NoNodesSelected", "No nodes selected!"))?;
        return Ok(Vec::new());
    }
    let output = match invocation.flags.text(&LIST_OUTPUT) {
        Some("name") => ListOutput::Name,
        Some("path") => ListOutput::Path,
        Some("json") => ListOutput::Json,
        _ => ListOutput::Selector,
    };
    let keys = invocation.flags.words(&OUTPUT_KEYS);
    let (manifest, ids) = (&parsed.manifest, &selection.unique_ids);
    let lines = list(manifest, ids, output, &keys);
    if output == ListOutput::Json {
        for (key, meant) in unknown_keys(manifest, ids, &lines, &keys) {
            let warning =
                Diagnostic::warning("UnknownOutputKey", format!("`{key}` is not a key of any listed node"));
            invocation.emitter.warn(warning.maybe_help(meant))?;
        }
    }
    Ok(lines)
}

/// `--resource-type` and `--exclude-resource-type` over what a command shows by default.
pub(super) fn resource_types(invocation: &Invocation, default: &[ResourceType]) -> Result<Vec<ResourceType>> {
    let mut types: Vec<ResourceType> = Vec::new();
    let named = invocation.flags.words(&RESOURCE_TYPES);
    for name in &named {
        match name.as_str() {
            "all" => types.extend(default.iter().copied().chain([ResourceType::Analysis])),
            "default" => types.extend_from_slice(default),
            name => types.push(parse_type(name)?),
        }
    }
    if named.is_empty() {
        types.extend_from_slice(default);
    }
    for name in invocation.flags.words(&EXCLUDE_RESOURCE_TYPES) {
        let excluded = parse_type(&name)?;
        types.retain(|kind| *kind != excluded);
    }
    Ok(types)
}

fn parse_type(name: &str) -> Result<ResourceType> {
    ResourceType::from_str(name).map_err(|()| {
        Diagnostic::new("resource-type", Category::Usage, format!("`{name}` is not a valid resource type"))
            .boxed()
    })
}
