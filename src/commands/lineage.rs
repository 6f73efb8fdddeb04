//! `rsdbt lineage`: what a node or a column comes from, and what comes of it.

use std::path::Path;

use serde_json::Value as Json;

use super::invocation::Invocation;
use super::session::Session;
use super::{CommandResult, Outcome, artifact};
use crate::diagnostic::Diagnostic;
use crate::docs;
use crate::docs::lineage::{Direction, Format, Influences, Question, answer};
use crate::jinja::runtime::NodeFile;
use crate::run::Event;

pub(super) fn run(invocation: &Invocation) -> CommandResult {
    let flags = &invocation.flags;
    let Some(target) = flags.text("target_node") else {
        return Err(Diagnostic::new(
            "lineage-target",
            crate::diagnostic::Category::Usage,
            "name a model, or a column as `model.column`",
        )
        .into());
    };
    let session = Session::load(invocation)?;
    let mut manifest = artifact::read(&session.target_directory.join("manifest.json"))?;
    let compiled = manifest.as_mut().and_then(|manifest| manifest["nodes"].as_object_mut()).map(|nodes| {
        // every command writes the manifest, with the SQL of what it compiled itself
        nodes.values_mut().for_each(|node| take_compiled_file(node, &session.target_directory));
        nodes.values().any(is_compiled)
    });
    let Some(manifest) = manifest.filter(|_| compiled == Some(true)) else {
        return Err(Diagnostic::runtime("lineage-not-compiled", "the project is not compiled yet")
            .help("run `rsdbt compile` (or build, run, docs generate) first: lineage reads the compiled SQL")
            .into());
    };
    let catalog = artifact::read(&session.target_directory.join("catalog.json"))?;
    let lineage = docs::trace_manifest(&manifest, catalog.as_ref(), session.profile.threads.max(2));
    let question = Question {
        target,
        direction: match flags.text("direction") {
            Some("upstream") => Direction::Upstream,
            Some("downstream") => Direction::Downstream,
            _ => Direction::Both,
        },
        depth: flags.integer("depth").and_then(|depth| usize::try_from(depth).ok()),
        influences: if flags.boolean("influences") { Influences::Shown } else { Influences::Hidden },
    };
    let format = match flags.text("output") {
        Some("json") => Format::Json,
        Some("mermaid") => Format::Mermaid,
        Some("dot") => Format::Dot,
        _ => Format::Tree,
    };
    let text = answer(&manifest, &lineage, &question, format)?;
    invocation.emitter.emit(Event::PrintEvent { msg: text });
    Ok(Outcome::Success)
}

/// What an earlier command compiled stands in a file still.
fn take_compiled_file(node: &mut Json, target: &Path) {
    let text = |key: &str| node[key].as_str().unwrap_or_default();
    if is_compiled(node) || !matches!(text("resource_type"), "model" | "snapshot") {
        return;
    }
    let file = NodeFile {
        package_name: text("package_name"),
        path: text("path"),
        original_file_path: text("original_file_path"),
        suffix: None,
    };
    if let Ok(sql) = std::fs::read_to_string(file.below(&target.join("compiled"))) {
        node["compiled_code"] = sql.into();
        node["compiled"] = true.into();
    }
}

fn is_compiled(node: &Json) -> bool {
    node.get("compiled").and_then(Json::as_bool).unwrap_or(false)
}
