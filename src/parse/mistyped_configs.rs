//! Configs one letter off a known one: `materialised`. dbt takes any key as the user's own, so they have no effect, unless
//! a template reads them. There are too many ways of reading to follow them (`model['config'][key]`, a helper that is given
//! the key): a key whose word stands anywhere in a template causes no warning. Every place that sets a misspelled key is reported.

use std::cell::OnceCell;

use super::ParseRequest;
use super::config_blocks::{self, warning};
use super::config_calls;
use super::materializations;
use super::trees::resource_type;
use crate::config::node_config::{Configured, known_keys, meant};
use crate::config::project_file::PROJECT_FILE;
use crate::config::{Configurable, Yaml};
use crate::context::Engine;
use crate::diagnostic::{Diagnostic, Span, did_you_mean};
use crate::hashed::{HashMap, HashSet};
use crate::manifest::{Manifest, Node};
use crate::project::{FileKind, Package, SourceFile};

const SCHEMA_CHANGES: [&str; 4] = ["append_new_columns", "fail", "ignore", "sync_all_columns"];

/// Those of dbt_project.yml and of `config()`; properties files were looked at while they were read.
pub(super) fn find(
    request: &ParseRequest<'_>,
    manifest: &Manifest,
    of_properties: &[Diagnostic],
) -> Vec<Diagnostic> {
    let mut slips = Vec::new();
    for (resource, tree) in &request.project.root.file.trees {
        of_level(request.engine, *resource, tree, &mut slips);
    }
    of_calls(request, manifest, of_properties, &mut slips);
    slips
}

/// Leaves out the keys that a template reads.
pub(super) fn leave_out_read(request: &ParseRequest<'_>, found: &mut Vec<Diagnostic>) {
    let mut read: HashMap<String, bool> = HashMap::default();
    found.retain(|warning| match key_of(warning) {
        Some(key) => !*read.entry(key.to_owned()).or_insert_with(|| may_be_read(request, key)),
        None => true,
    });
}

/// The key as it stands in its file, of a warning of a config.
fn key_of(warning: &Diagnostic) -> Option<&str> {
    let label = warning.labels.first().filter(|_| warning.code == "UnknownConfig")?;
    Some(label.span.text().trim_matches(['+', ' ', '\'', '"']))
}

/// A level of a tree, and those below it.
fn of_level(engine: &Engine, resource: Configurable, level: &Yaml, slips: &mut Vec<Diagnostic>) {
    let of = Configured::Resource(resource);
    let owner = format!("`{}:` in {PROJECT_FILE}", resource.tree_key());
    for entry in level.as_mapping().into_iter().flat_map(crate::config::Mapping::iter) {
        let config = match entry.key.strip_prefix('+') {
            Some(config) => config.trim(),
            None if entry.value.as_mapping().is_none() => &entry.key,
            // a folder, unless it is called like a config
            None if known_keys(of).contains(&entry.key.as_str()) => continue,
            None => {
                of_level(engine, resource, &entry.value, slips);
                continue;
            }
        };
        if config == "materialized" && is_run(resource) {
            slips.extend(materializations::unknown_in(engine, &entry.value, &owner));
        }
        match meant(of, config) {
            Some(meant) => {
                slips.push(warning(&format!("`{config}` of {owner}"), meant, Some(entry.key_span())));
            }
            None => config_blocks::below(config, &entry.value, &owner, slips),
        }
    }
}

fn is_run(resource: Configurable) -> bool {
    matches!(resource, Configurable::Model | Configurable::Seed | Configurable::Snapshot)
}

/// The keys of nodes that stand in a `config()`, or that neither a properties file nor the project's tree has brought.
fn of_calls(
    request: &ParseRequest<'_>,
    manifest: &Manifest,
    of_properties: &[Diagnostic],
    slips: &mut Vec<Diagnostic>,
) {
    let elsewhere: HashSet<String> =
        of_properties.iter().chain(&*slips).filter_map(key_of).map(str::to_owned).collect();
    let mut told: HashSet<(String, usize)> = HashSet::default();
    let mut add = |warning: Diagnostic, slips: &mut Vec<Diagnostic>| {
        let place =
            warning.labels.first().map(|label| (label.span.source.path.clone(), label.span.range.start));
        if place.is_none_or(|place| told.insert(place)) {
            slips.push(warning);
        }
    };
    let files = OnceCell::new();
    let mut read: HashMap<String, bool> = HashMap::default();
    let mut made: HashMap<&str, bool> = HashMap::default();
    let root = request.root_name();
    let nodes = manifest.nodes.values().chain(manifest.functions.values());
    for node in nodes.filter(|node| node.package_name == root) {
        let resource = resource_type(node);
        for key in node.config.keys() {
            let Some(meant) = meant(Configured::Resource(resource), key) else { continue };
            let what = format!("`{key}` of {}", node.locator());
            let spans = spans_of(files.get_or_init(|| files_by_path(request)), node, key);
            if spans.is_empty()
                && !elsewhere.contains(key)
                && !*read.entry(key.clone()).or_insert_with(|| may_be_read(request, key))
            {
                slips.push(warning(&what, meant, None));
            }
            for (span, _) in spans {
                add(warning(&what, meant, Some(span)), slips);
            }
        }
        if let Some(warning) = unknown_schema_change(node) {
            let spans = spans_of(files.get_or_init(|| files_by_path(request)), node, "on_schema_change");
            slips.push(spans.into_iter().next().map_or(warning.clone(), |(span, _)| warning.label(span, "")));
        }
        let exists = |name| request.engine.find_materialization(name, "postgres").is_some();
        let name = node.materialized();
        if !is_run(resource) || *made.entry(name).or_insert_with(|| exists(name)) {
            continue;
        }
        for (span, value) in spans_of(files.get_or_init(|| files_by_path(request)), node, "materialized") {
            let is_it = value.strip_prefix(['\'', '"']).is_some_and(|value| value.starts_with(name));
            let found = materializations::unknown(request.engine, name, &node.locator(), Some(span));
            if let Some(warning) = found.filter(|_| is_it) {
                add(warning, slips);
            }
        }
    }
}

/// A word that means `ignore`, as any that is not known: a new column would be left out of the table.
fn unknown_schema_change(node: &Node) -> Option<Diagnostic> {
    let word = node.config.get("on_schema_change")?.as_str()?;
    if node.materialized() != "incremental" || SCHEMA_CHANGES.contains(&word) {
        return None;
    }
    let message =
        format!("unknown `on_schema_change: {word}` of {}: it is taken as `ignore`", node.locator());
    let known = || format!("it is one of {}", SCHEMA_CHANGES.map(|known| format!("`{known}`")).join(", "));
    Some(
        Diagnostic::warning("UnknownConfigValue", message)
            .help(did_you_mean(word, SCHEMA_CHANGES).unwrap_or_else(known)),
    )
}

/// The root project's files that nodes are made of.
fn files_by_path<'r>(request: &'r ParseRequest<'_>) -> HashMap<String, &'r SourceFile> {
    let files = request.project.root.files.iter().filter(|file| file.kind != FileKind::Properties);
    files.map(|file| (file.original_file_path(), file)).collect()
}

/// Where a node's own file sets a config, and what follows.
fn spans_of<'r>(files: &HashMap<String, &'r SourceFile>, node: &Node, key: &str) -> Vec<(Span, &'r str)> {
    let Some(file) = files.get(&*node.original_file_path) else { return Vec::new() };
    let text = file.source.text.as_str();
    let given = config_calls::keys(text).into_iter().filter(|given| text[given.key.clone()] == *key);
    given.map(|given| (Span::new(&file.source, given.key), text[given.value..].trim_start())).collect()
}

/// Whether any template of the project or of its packages has the word, other than to set it. Of the built-in macros, whose
/// ways of reading are known, one that asks for it.
fn may_be_read(request: &ParseRequest<'_>, key: &str) -> bool {
    let quoted = [format!("'{key}'"), format!("\"{key}\"")];
    let asks = |text: &str| {
        text.match_indices("config.").any(|(at, _)| {
            let call = text[at..].split(')').next().unwrap_or_default();
            quoted.iter().any(|quoted| call.contains(quoted))
        })
    };
    let built_in = request.engine.macros().filter(|definition| definition.source.built_in);
    request.project.all().any(|package| has_word(package, key))
        || built_in.into_iter().any(|definition| asks(&definition.source.text))
}

fn has_word(package: &Package, key: &str) -> bool {
    let in_files = package.files.iter().any(|file| {
        let text = file.source.text.as_str();
        match file.kind {
            FileKind::Seed | FileKind::Fixture => false,
            FileKind::Macro | FileKind::GenericTest => words(text, key).any(|at| is_template(text, at)),
            // a Python model has no tags
            _ if file.extension() == "py" => words(text, key).any(|at| !is_set(text, at, key)),
            _ => words(text, key).any(|at| !is_set(text, at, key) && is_template(text, at)),
        }
    });
    // hooks are templates, too
    let project_file = package.file.yaml.span().source.text.clone();
    in_files
        || words(&project_file, key)
            .any(|at| !is_set(&project_file, at, key) && is_template(&project_file, at))
}

/// Where a text has the word.
fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(is_of_word) && !after.is_some_and(is_of_word)
    })
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-')
}

/// Whether a place is between the tags of Jinja: elsewhere the word is SQL, or a description.
fn is_template(text: &str, at: usize) -> bool {
    let before = &text[..at];
    let last = |tags: [&str; 2]| tags.into_iter().filter_map(|tag| before.rfind(tag)).max();
    last(["{{", "{%"]) > last(["}}", "%}"])
}

/// Whether the word at a place is followed by `=` or `:`, in quotes or not.
fn is_set(text: &str, at: usize, word: &str) -> bool {
    let after = text[at + word.len()..].trim_start_matches(['\'', '"']).trim_start();
    after.starts_with([':', '=']) && !after.starts_with("==")
}
