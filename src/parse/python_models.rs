//! Python models: Postgres cannot run them, but their refs and configs belong into the graph.

use std::sync::LazyLock;

use serde_json::Value as Json;

use super::draft::Draft;
use crate::manifest::RefArgs;

/// Reads `dbt.ref("x")`, `dbt.source("a", "b")` and `dbt.config(key=literal)` without running Python.
pub(super) fn read(draft: &mut Draft) {
    static CALL: LazyLock<Option<fancy_regex::Regex>> =
        LazyLock::new(|| fancy_regex::Regex::new(r"dbt\.(ref|source|config)\(([^()]*)\)").ok());
    // a function keeps its own materialization
    if draft.node.model().is_some() {
        draft.calls.insert("materialized".to_owned(), "table".into());
    }
    let Some(pattern) = CALL.as_ref() else { return };
    let code = std::sync::Arc::clone(&draft.node.raw_code);
    for found in pattern.captures_iter(&code).flatten() {
        let text = |group: usize| found.get(group).map_or("", |group| group.as_str());
        let arguments: Vec<&str> =
            text(2).split(',').map(str::trim).filter(|text| !text.is_empty()).collect();
        let names: Vec<String> = arguments.iter().filter_map(|argument| literal(argument)).collect();
        match (text(1), names.as_slice()) {
            ("ref", [name]) => {
                draft.node_mut().refs.push(RefArgs { name: name.clone(), ..RefArgs::default() });
            }
            ("ref", [package, name]) => draft.node_mut().refs.push(RefArgs {
                name: name.clone(),
                package: Some(package.clone()),
                version: None,
            }),
            ("source", [source, table]) => draft.node_mut().sources.push(vec![source.clone(), table.clone()]),
            ("config", _) => {
                for (key, value) in arguments.iter().filter_map(|argument| argument.split_once('=')) {
                    let value = value.trim();
                    let value = match (literal(value), value) {
                        (Some(text), _) => Json::String(text),
                        (None, "True") => Json::Bool(true),
                        (None, "False") => Json::Bool(false),
                        (None, other) => serde_json::from_str(other).unwrap_or_default(),
                    };
                    draft.calls.insert(key.trim().to_owned(), value);
                }
            }
            _ => {}
        }
    }
}

/// A quoted text.
fn literal(text: &str) -> Option<String> {
    let inner = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .or_else(|| text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')))?;
    Some(inner.to_owned())
}
