//! Materializations that no macro makes: a run fails, but a project may hold unused models for other databases.

use crate::config::Yaml;
use crate::context::Engine;
use crate::diagnostic::{Diagnostic, Span, did_you_mean};
use crate::jinja::MacroKind;

/// A warning of one that does not exist; the owner is as messages call it.
pub(super) fn unknown(engine: &Engine, name: &str, owner: &str, span: Option<Span>) -> Option<Diagnostic> {
    // its SQL becomes a part of other nodes
    if name == "ephemeral" || engine.find_materialization(name, "postgres").is_some() {
        return None;
    }
    let known: Vec<&str> = engine
        .macros()
        .filter(|definition| matches!(definition.kind, MacroKind::Materialization { .. }))
        .map(|definition| definition.block.name.as_str())
        .chain(["ephemeral"])
        .collect();
    let help = did_you_mean(name, known)
        .unwrap_or_else(|| format!("write a macro `{{% materialization {name}, adapter='postgres' %}}`"));
    let warning =
        Diagnostic::warning("UnknownMaterialization", format!("unknown materialization `{name}` of {owner}"))
            .help(help);
    Some(match span {
        Some(span) => warning.label(span, ""),
        None => warning,
    })
}

/// The same of a value in YAML, unless a template is to decide.
pub(super) fn unknown_in(engine: &Engine, value: &Yaml, owner: &str) -> Option<Diagnostic> {
    let name = value.as_str().filter(|text| !crate::config::holds_jinja(text))?;
    unknown(engine, name, owner, Some(value.span()))
}
