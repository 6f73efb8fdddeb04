//! Configs one letter off a known one: `materialised`. dbt takes any key as the user's own, so they have no effect.

use std::sync::Arc;

use super::ParseRequest;
use super::trees::resource_type;
use crate::config::Yaml;
use crate::config::node_config::known_keys;
use crate::diagnostic::{Diagnostic, SourceText, Span, nearest_within};
use crate::hashed::HashSet;
use crate::manifest::{Manifest, Node};
use crate::project::FileKind;

/// One warning for each place.
pub(super) fn warn(request: &ParseRequest<'_>, manifest: &Manifest, warnings: &mut Vec<Diagnostic>) {
    let root = request.root_name();
    let nodes = manifest.nodes.values().chain(manifest.functions.values());
    let mut places: HashSet<String> = HashSet::default();
    for node in nodes.filter(|node| node.package_name == root) {
        let known = known_keys(resource_type(node));
        for key in node.config.keys() {
            if known.contains(&key.as_str()) {
                continue;
            }
            let Some(meant) = nearest_within(key, known.iter().copied(), 1) else { continue };
            if is_read(request, node, key) {
                continue;
            }
            let place = place_of(request, node, key);
            let shown = place.as_ref().map_or_else(|| node.locator(), Span::location);
            if !places.insert(format!("{key} {shown}")) {
                continue;
            }
            let message = format!("unknown config `{key}` of {}", node.locator());
            let mut warning = Diagnostic::warning("UnknownConfig", message)
                .help(format!("did you mean `{meant}`? A key of your own belongs under `meta`"));
            if let Some(place) = place {
                warning = warning.label(place, "");
            }
            warnings.push(warning);
        }
    }
}

/// Whether the node's own code or a macro asks for the key.
fn is_read(request: &ParseRequest<'_>, node: &Node, key: &str) -> bool {
    let quoted = [format!("'{key}'"), format!("\"{key}\"")];
    let asks = |text: &str| {
        text.match_indices("config.").any(|(at, _)| {
            let call = text[at..].split(')').next().unwrap_or_default();
            quoted.iter().any(|quoted| call.contains(quoted))
        })
    };
    asks(&node.raw_code) || request.engine.macros().any(|definition| asks(&definition.source.text))
}

/// The node's file, its properties file, or dbt_project.yml.
fn place_of(request: &ParseRequest<'_>, node: &Node, key: &str) -> Option<Span> {
    let files = &request.project.root.files;
    let own = files.iter().find(|file| {
        file.kind != FileKind::Properties && file.original_file_path() == node.original_file_path
    });
    if let Some(span) = own.and_then(|file| key_in(&file.source, 0, key)) {
        return Some(span);
    }
    let patch = node.patch_path.as_deref().and_then(|path| path.split_once("://")).map(|(_, path)| path);
    let patch = files.of(FileKind::Properties).iter().find(|file| Some(&*file.original_file_path()) == patch);
    if let Some(file) = patch {
        let entry = file.source.text.find(node.name.as_str()).unwrap_or(0);
        if let Some(span) = key_in(&file.source, entry, key) {
            return Some(span);
        }
    }
    let tree = request.project.root.file.tree(resource_type(node))?;
    key_of_tree(tree, key)
}

/// A word of the file that is followed by `=` or `:`, in quotes or not.
fn key_in(source: &Arc<SourceText>, from: usize, key: &str) -> Option<Span> {
    let text = &source.text;
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    text.get(from..)?.match_indices(key).map(|(at, _)| from + at).find_map(|at| {
        let before = text[..at].chars().next_back();
        let after = text[at + key.len()..].trim_start_matches(['\'', '"']).trim_start();
        let is_key = !before.is_some_and(is_part) && after.starts_with(['=', ':']);
        is_key.then(|| Span::new(source, at..at + key.len()))
    })
}

fn key_of_tree(level: &Yaml, key: &str) -> Option<Span> {
    level.as_mapping()?.iter().find_map(|entry| {
        let is_it = entry.key.strip_prefix('+').unwrap_or(&entry.key) == key;
        if is_it { Some(entry.key_span()) } else { key_of_tree(&entry.value, key) }
    })
}
