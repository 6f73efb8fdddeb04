//! Configs one letter off a known one: `materialised`. dbt takes any key as the user's own, so they have no effect, unless
//! a template reads them. There are too many ways of reading to follow them (`model['config'][key]`, a helper that is given
//! the key): a key whose word stands anywhere in a template is not warned of.

use std::sync::Arc;

use super::ParseRequest;
use super::trees::resource_type;
use crate::config::Yaml;
use crate::config::node_config::known_keys;
use crate::diagnostic::{Diagnostic, SourceText, Span, nearest_within};
use crate::hashed::{HashMap, HashSet, IndexMap};
use crate::manifest::{Manifest, Node};
use crate::project::{FileKind, Package};

/// Where a key stands.
struct Mistyped<'a> {
    first: &'a Node,
    span: Option<Span>,
    places: HashSet<String>,
}

/// One warning for each key, however many nodes have it.
pub(super) fn warn(request: &ParseRequest<'_>, manifest: &Manifest, warnings: &mut Vec<Diagnostic>) {
    let root = request.root_name();
    let nodes = manifest.nodes.values().chain(manifest.functions.values());
    let mut read: HashMap<&str, bool> = HashMap::default();
    let mut found: IndexMap<(&str, &str), Mistyped<'_>> = IndexMap::default();
    for node in nodes.filter(|node| node.package_name == root) {
        let known = known_keys(resource_type(node));
        for key in node.config.keys() {
            if known.contains(&key.as_str()) {
                continue;
            }
            let Some(meant) = nearest_within(key, known.iter().copied(), 1) else { continue };
            if *read.entry(key).or_insert_with(|| may_be_read(request, key)) {
                continue;
            }
            let span = place_of(request, node, key);
            let place = span.as_ref().map_or_else(|| node.locator(), Span::location);
            let mistyped = found.entry((key, meant)).or_insert_with(|| Mistyped {
                first: node,
                span,
                places: HashSet::default(),
            });
            mistyped.places.insert(place);
        }
    }
    for ((key, meant), mistyped) in found {
        let others = match mistyped.places.len() - 1 {
            0 => String::new(),
            1 => " and in 1 other place".to_owned(),
            many => format!(" and in {many} other places"),
        };
        let message = format!("unknown config `{key}` of {}{others}", mistyped.first.locator());
        let mut warning = Diagnostic::warning("UnknownConfig", message)
            .help(format!("did you mean `{meant}`? A key of your own belongs under `meta`"));
        if let Some(span) = mistyped.span {
            warning = warning.label(span, "");
        }
        warnings.push(warning);
    }
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
    let in_files = package.files.iter().any(|file| match file.kind {
        FileKind::Macro | FileKind::GenericTest => words(&file.source.text, key).next().is_some(),
        FileKind::Seed | FileKind::Fixture => false,
        _ => words(&file.source.text, key).any(|at| !is_set(&file.source.text, at, key)),
    });
    // hooks are templates, too
    let project_file = &package.file.yaml.span().source.text;
    in_files || words(project_file, key).any(|at| !is_set(project_file, at, key))
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

/// Whether the word at a place is followed by `=` or `:`, in quotes or not.
fn is_set(text: &str, at: usize, word: &str) -> bool {
    let after = text[at + word.len()..].trim_start_matches(['\'', '"']).trim_start();
    after.starts_with([':', '=']) && !after.starts_with("==")
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

/// The first place from there on that sets the key.
fn key_in(source: &Arc<SourceText>, from: usize, key: &str) -> Option<Span> {
    let text = &source.text;
    let at = words(text.get(from..)?, key).map(|at| from + at).find(|&at| is_set(text, at, key))?;
    Some(Span::new(source, at..at + key.len()))
}

fn key_of_tree(level: &Yaml, key: &str) -> Option<Span> {
    level.as_mapping()?.iter().find_map(|entry| {
        let is_it = entry.key.strip_prefix('+').unwrap_or(&entry.key) == key;
        if is_it { Some(entry.key_span()) } else { key_of_tree(&entry.value, key) }
    })
}
