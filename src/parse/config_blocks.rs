//! Configs of properties files that are nearly ones which are read, each where it stands. What templates read is taken out
//! when they are known.

use super::materializations;
use crate::config::node_config::{Configured, known_keys, meant, meant_below};
use crate::config::properties::PropertyKind;
use crate::config::{Configurable, Yaml};
use crate::context::Engine;
use crate::diagnostic::{Diagnostic, Span, did_you_mean};

/// That a config, named with its owner, is not known, and what it was meant to be.
pub(super) fn warning(what: &str, meant: &str, span: Option<Span>) -> Diagnostic {
    let warning = Diagnostic::warning("UnknownConfig", format!("unknown config {what}"))
        .help(format!("did you mean `{meant}`? A key of your own belongs under `meta`"));
    match span {
        Some(span) => warning.label(span, ""),
        None => warning,
    }
}

/// Looks at all `config:` of an entry, and at its own keys.
pub(super) fn check(engine: &Engine, kind: PropertyKind, entry: &Yaml, warnings: &mut Vec<Diagnostic>) {
    let Some(resource) = kind.resource() else { return };
    let name = entry.get("name").and_then(Yaml::as_str).unwrap_or_default();
    let owner = format!("{} `{name}`", kind.noun());
    own_keys(kind, resource, entry, &owner, warnings);
    for value in std::iter::once(entry).chain(items(entry, "versions")) {
        let materialized = value.path(&["config", "materialized"]);
        let is_run = matches!(resource, Configurable::Model | Configurable::Seed | Configurable::Snapshot);
        let found = materialized.filter(|_| is_run);
        warnings.extend(found.and_then(|value| materializations::unknown_in(engine, value, &owner)));
    }
    node(resource, entry, &owner, warnings);
    for version in items(entry, "versions") {
        node(resource, version, &owner, warnings);
    }
    for table in items(entry, "tables") {
        let name = table.get("name").and_then(Yaml::as_str).unwrap_or_default();
        node(resource, table, &format!("source table `{name}`"), warnings);
    }
}

/// A config that stands beside `config:`, where it has no effect, as it is or mistyped.
fn own_keys(
    kind: PropertyKind,
    resource: Configurable,
    entry: &Yaml,
    owner: &str,
    warnings: &mut Vec<Diagnostic>,
) {
    let own = kind.known_keys();
    let configs = known_keys(Configured::Resource(resource));
    for entry in entry.as_mapping().into_iter().flat_map(crate::config::Mapping::iter) {
        let key = entry.key.as_str();
        if own.is_empty() || own.contains(&key) || did_you_mean(key, own.iter().copied()).is_some() {
            continue;
        }
        let is_config = configs.contains(&key);
        let config = if is_config { Some(key) } else { meant(Configured::Resource(resource), key) };
        let Some(config) = config else { continue };
        let help = if is_config {
            format!("`{key}` is a config: write it below `config:`")
        } else {
            format!("did you mean the config `{config}`? It belongs below `config:`")
        };
        warnings.push(
            Diagnostic::warning("UnknownKey", format!("unknown key `{key}` in {owner}"))
                .label(entry.key_span(), "")
                .help(help),
        );
    }
}

/// The config of what has columns and tests, and theirs.
fn node(resource: Configurable, entry: &Yaml, owner: &str, warnings: &mut Vec<Diagnostic>) {
    block(Configured::Resource(resource), entry, owner, warnings);
    tests(entry, owner, warnings);
    for column in items(entry, "columns") {
        let name = column.get("name").and_then(Yaml::as_str).unwrap_or_default();
        let owner = format!("column `{name}` of {owner}");
        block(Configured::Column, column, &owner, warnings);
        tests(column, &owner, warnings);
    }
}

fn tests(entry: &Yaml, owner: &str, warnings: &mut Vec<Diagnostic>) {
    let of = Configured::Resource(Configurable::Test);
    for test in items(entry, "data_tests").chain(items(entry, "tests")) {
        let Some(mapping) = test.as_mapping() else { continue };
        block(of, test, &format!("a test of {owner}"), warnings);
        // `- not_null: {config: ..}`
        if let [only] = mapping.iter().as_slice() {
            let owner = format!("test `{}` of {owner}", only.key);
            block(of, &only.value, &owner, warnings);
            if let Some(arguments) = only.value.get("arguments") {
                block(of, arguments, &owner, warnings);
            }
        }
    }
}

fn block(of: Configured, entry: &Yaml, owner: &str, warnings: &mut Vec<Diagnostic>) {
    let Some(config) = entry.get("config").and_then(Yaml::as_mapping) else { return };
    for entry in config {
        match meant(of, &entry.key) {
            Some(meant) => {
                let what = format!("`{}` of {owner}", entry.key);
                warnings.push(warning(&what, meant, Some(entry.key_span())));
            }
            None => below(&entry.key, &entry.value, owner, warnings),
        }
    }
}

/// The keys of configs that are mappings.
pub(super) fn below(config: &str, value: &Yaml, owner: &str, warnings: &mut Vec<Diagnostic>) {
    for entry in value.as_mapping().into_iter().flat_map(crate::config::Mapping::iter) {
        match meant_below(config, &entry.key) {
            Some(meant) => {
                let what = format!("`{config}.{}` of {owner}", entry.key);
                warnings.push(warning(&what, meant, Some(entry.key_span())));
            }
            None => below(&entry.key, &entry.value, owner, warnings),
        }
    }
}

fn items<'y>(entry: &'y Yaml, key: &str) -> impl Iterator<Item = &'y Yaml> + use<'y> {
    entry.get(key).and_then(Yaml::as_sequence).unwrap_or_default().iter()
}
