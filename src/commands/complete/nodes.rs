//! Names of a project that a command line may continue with.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::cli::completion::Candidate;
use crate::graph::Method;
use crate::manifest::{Manifest, Resource, ResourceType};

/// Selection criteria, after the operators and the criteria that were typed before them.
pub(super) fn selectors(manifest: &Manifest, selectors: &[String], typed: &str) -> Vec<Candidate> {
    let start = typed.rfind([',', ' ']).map_or(0, |at| at + 1);
    let criteria = &typed[start..];
    let digits = criteria.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = criteria.strip_prefix('@').or_else(|| digits.strip_prefix('+')).unwrap_or(criteria);
    let before = &typed[..typed.len() - rest.len()];
    let mut found: BTreeSet<Candidate> = match rest.split_once(':') {
        Some((method, value)) => {
            let named = |(word, help)| Candidate::new(format!("{method}:{word}"), help);
            of_method(manifest, selectors, method, value).into_iter().map(named).collect()
        }
        None if rest.contains('/') => {
            paths(manifest, rest).into_iter().map(|(word, help)| Candidate::new(word, help)).collect()
        }
        None => {
            let methods = Method::names().map(|name| Candidate::new(format!("{name}:"), "selection method"));
            names(manifest, |resource| !is_test(resource) && !matches!(resource, Resource::Source(_)))
                .into_iter()
                .map(|(word, help)| Candidate::new(word, help))
                .chain(methods)
                .collect()
        }
    };
    // `config:` takes a key before the colon
    found.remove(&Candidate::new("config:", "selection method"));
    if rest.starts_with('c') && !rest.contains(':') {
        found.insert(Candidate::new("config.materialized:", "selection method"));
    }
    found
        .into_iter()
        .map(|Candidate { word, help }| Candidate::new(format!("{before}{word}"), help))
        .collect()
}

type Named = BTreeSet<(String, String)>;

fn is_test(resource: Resource<'_>) -> bool {
    matches!(resource.resource_type(), ResourceType::Test | ResourceType::UnitTest)
}

fn names(manifest: &Manifest, wanted: impl Fn(Resource<'_>) -> bool) -> Named {
    let found = manifest.resources().filter(|resource| wanted(*resource));
    found.map(|resource| (resource.name().to_owned(), resource.resource_type().to_string())).collect()
}

fn of_type(manifest: &Manifest, wanted: ResourceType) -> Named {
    names(manifest, |resource| resource.resource_type() == wanted)
}

fn plain(words: impl IntoIterator<Item = impl Into<String>>) -> Named {
    words.into_iter().map(|word| (word.into(), String::new())).collect()
}

fn of_method(manifest: &Manifest, selectors: &[String], method: &str, value: &str) -> Named {
    let config = |key: &str| -> Named {
        let values = manifest.resources().filter_map(|resource| resource.config().get(key));
        plain(values.filter_map(Json::as_str))
    };
    match method {
        "fqn" => names(manifest, |resource| !matches!(resource, Resource::Source(_))),
        "tag" => plain(manifest.resources().flat_map(Resource::tags)),
        "group" => plain(manifest.resources().filter_map(Resource::group)),
        "access" => plain(["private", "protected", "public"]),
        "source" => sources(manifest),
        "path" => paths(manifest, value),
        "file" => plain(manifest.resources().filter_map(|it| it.original_file_path().rsplit('/').next())),
        "package" => plain(manifest.resources().map(Resource::package_name)),
        "resource_type" => plain(manifest.resources().map(|it| it.resource_type().to_string())),
        "state" => plain(["new", "old", "modified", "unmodified"]),
        "result" => plain(["error", "fail", "warn", "success", "pass", "skipped"]),
        "source_status" => plain(["fresher"]),
        "version" => plain(["latest", "prerelease", "old", "none"]),
        "test_type" => plain(["data", "generic", "singular", "unit"]),
        "exposure" => of_type(manifest, ResourceType::Exposure),
        "metric" => of_type(manifest, ResourceType::Metric),
        "semantic_model" => of_type(manifest, ResourceType::SemanticModel),
        "saved_query" => of_type(manifest, ResourceType::SavedQuery),
        "unit_test" => of_type(manifest, ResourceType::UnitTest),
        "selector" => plain(selectors.iter().map(String::as_str)),
        other => other.strip_prefix("config.").map(config).unwrap_or_default(),
    }
}

/// `raw`, and `raw.orders`.
fn sources(manifest: &Manifest) -> Named {
    let mut found = Named::new();
    for source in manifest.sources.values() {
        found.insert((source.source_name.clone(), "source".to_owned()));
        found.insert((format!("{}.{}", source.source_name, source.name), "source table".to_owned()));
    }
    found
}

/// One level of folders below what was typed.
fn paths(manifest: &Manifest, typed: &str) -> Named {
    let files = manifest.resources().map(Resource::original_file_path);
    let matching = files.filter(|path| path.starts_with(typed));
    matching
        .map(|path| match path[typed.len()..].find('/') {
            Some(at) => (path[..=typed.len() + at].to_owned(), "folder".to_owned()),
            None => (path.to_owned(), "file".to_owned()),
        })
        .collect()
}

/// `orders`, and once that is typed with a dot, `orders.id`.
pub(super) fn columns(manifest: &Manifest, typed: &str) -> Vec<Candidate> {
    let Some((name, _)) = typed.split_once('.') else {
        let found = names(manifest, |resource| !is_test(resource));
        return found.into_iter().map(|(word, help)| Candidate::new(word, help)).collect();
    };
    let nodes = manifest.nodes.values().filter(|node| node.name == name);
    let columns = nodes.flat_map(|node| node.columns.keys());
    columns.map(|column| Candidate::new(format!("{name}.{column}"), "column")).collect()
}

/// Those of the project by name, those of its packages after the package; not the built-in ones.
pub(super) fn macros(manifest: &Manifest) -> Vec<Candidate> {
    let root = manifest.metadata.project_name.as_deref().unwrap_or_default();
    let of_projects = manifest.macros.values().filter(|it| !it.is_built_in());
    of_projects
        .map(|it| {
            let word = if it.package_name == root {
                it.name.clone()
            } else {
                format!("{}.{}", it.package_name, it.name)
            };
            Candidate::new(word, it.description.clone())
        })
        .collect()
}
