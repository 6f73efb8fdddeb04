//! The search methods: which resources a criteria names, before relatives and tests come along.

use std::path::Path;

use serde_json::Value;

use crate::diagnostic::{Category, Diagnostic, Result, did_you_mean};
use crate::hashed::{HashMap, HashSet};
use crate::manifest::{
    Aspect, Config, Manifest, NodeKind, PreviousState, Resource, ResourceType, StateComparison,
};

use super::SelectionInputs;
use super::fqn::FqnPattern;
use super::pattern::{PathPattern, Pattern};
use super::syntax::{Criteria, Method};

/// Places of resources.
type Places = Vec<usize>;

/// Searches one manifest.
pub(super) struct Searcher<'a> {
    manifest: &'a Manifest,
    project_root: &'a Path,
    state: Option<&'a PreviousState>,
    comparison: Option<StateComparison<'a>>,
}

impl<'a> Searcher<'a> {
    pub(super) fn new(inputs: SelectionInputs<'a>) -> Self {
        Self {
            manifest: inputs.manifest,
            project_root: inputs.project_root,
            state: inputs.state,
            comparison: None,
        }
    }

    /// What comparing with the state gave rise to.
    pub(super) fn take_warnings(&mut self) -> Vec<Diagnostic> {
        self.comparison
            .as_mut()
            .map(|comparison| std::mem::take(&mut comparison.warnings))
            .unwrap_or_default()
    }

    /// The places of the resources that the criteria names.
    pub(super) fn search(&mut self, criteria: &Criteria, resources: &[Resource<'a>]) -> Result<Places> {
        let all = All(resources);
        let value = criteria.text();
        let pattern = || Pattern::new(&value);
        match criteria.method {
            Method::Fqn => {
                let pattern = FqnPattern::new(&value);
                let found = all.matching(|resource| match resource {
                    Resource::Source(_) => false,
                    Resource::Node(node) => pattern.matches(&node.fqn, node.is_versioned()),
                    other => pattern.matches(other.fqn(), false),
                });
                if !found.is_empty() {
                    return Ok(found);
                }
                // nothing else is called so: a pipeline also goes by the name of its table
                Ok(all.matching(|resource| match resource {
                    Resource::Node(node) if node.is_pipeline() => {
                        let table = [node.package_name.clone(), node.alias.clone()];
                        pattern.matches(&table, false)
                    }
                    _ => false,
                }))
            }
            Method::Tag => {
                let pattern = pattern();
                Ok(all.matching(|resource| resource.tags().iter().any(|tag| pattern.matches(tag))))
            }
            Method::Group => {
                let pattern = pattern();
                let group = |config: &'a Config| config.get("group").and_then(Value::as_str);
                let is_groupable = |it: Resource<'_>| {
                    matches!(it, Resource::Node(_) | Resource::Metric(_)) && !is_function(it)
                };
                Ok(all.matching(|it| {
                    is_groupable(it) && group(it.config()).is_some_and(|group| pattern.matches(group))
                }))
            }
            Method::Access => Ok(all.matching(|resource| match resource {
                Resource::Node(node) => node.model().is_some_and(|model| model.access.as_str() == value),
                _ => false,
            })),
            Method::Source => sources(all, &value),
            Method::Exposure => named(all, ResourceType::Exposure, "exposure", &value),
            Method::Metric => named(all, ResourceType::Metric, "metric", &value),
            Method::SemanticModel => named(all, ResourceType::SemanticModel, "semantic model", &value),
            Method::SavedQuery => named(all, ResourceType::SavedQuery, "saved query", &value),
            Method::UnitTest => named(all, ResourceType::UnitTest, "unit test", &value),
            Method::Path => self.paths(all, &value),
            Method::File => {
                let pattern = pattern();
                Ok(all.matching(|resource| {
                    let path = resource.original_file_path();
                    let name = path.rsplit('/').next().unwrap_or(path);
                    pattern.matches(name) || pattern.matches(stem(name))
                }))
            }
            Method::Package => {
                let root = self.manifest.metadata.project_name.as_deref();
                let pattern = Pattern::new(root.filter(|_| value == "this").unwrap_or(&value));
                Ok(all.matching(|resource| pattern.matches(resource.package_name())))
            }
            Method::Config => Ok(all.matching(|resource| match resource {
                Resource::Source(_) | Resource::Node(_) if !is_function(resource) => {
                    descend(resource.config(), &criteria.arguments)
                        .is_some_and(|found| config_matches(found, &criteria.value, &criteria.arguments))
                }
                _ => false,
            })),
            Method::ResourceType => resource_types(all, &value),
            Method::TestName => {
                let pattern = pattern();
                Ok(all.matching(|resource| match resource {
                    Resource::Node(node) => {
                        node.generic_test().is_some_and(|test| pattern.matches(&test.test_metadata.name))
                    }
                    Resource::UnitTest(test) => pattern.matches(&test.name),
                    _ => false,
                }))
            }
            Method::TestType => test_types(all, &value),
            Method::Version => versions(all, &value),
            Method::State => self.state(all, &value),
            Method::Result => self.results(all, &value),
            Method::SourceStatus => self.source_status(all, &value),
            // the evaluation follows these itself
            Method::Selector => Ok(Vec::new()),
        }
    }

    fn paths(&self, all: All<'_, 'a>, value: &str) -> Result<Places> {
        if value.starts_with('/') {
            return Err(invalid(format!("Non-relative patterns are unsupported: `{value}`"))
                .help("give a path relative to the project")
                .boxed());
        }
        let pattern = PathPattern::new(value);
        // dbt searches the disk; a node of a package counts when the project has a file at the same place
        let mut known: HashMap<&str, bool> = HashMap::default();
        let mut is_found = |path: &'a str| {
            *known.entry(path).or_insert_with(|| {
                let place = || self.project_root.join(path);
                pattern.matches(path)
                    && if pattern.only_directories() { place().is_dir() } else { place().exists() }
            })
        };
        let mut found = Vec::new();
        for (at, resource) in all.0.iter().enumerate() {
            let file = resource.original_file_path();
            let file = file.strip_prefix("./").unwrap_or(file);
            let parents = file.match_indices('/').map(|(at, _)| &file[..at]);
            let patch =
                resource.patch_path().map(|path| path.split_once("://").map_or(path, |(_, file)| file));
            if is_found(file)
                || patch.is_some_and(&mut is_found)
                || is_found("")
                || parents.into_iter().any(&mut is_found)
            {
                found.push(at);
            }
        }
        Ok(found)
    }

    fn state(&mut self, all: All<'_, 'a>, value: &str) -> Result<Places> {
        let Some((state, old)) = self.state.and_then(|state| Some((state, state.manifest.as_ref()?))) else {
            return Err(invalid("Got a state selector method, but no comparison manifest")
                .help("give the directory of an earlier manifest.json with `--state`")
                .boxed());
        };
        let Some(aspect) = Aspect::named(value) else {
            let names = Aspect::NAMES.map(|(name, _)| name);
            let list = names.map(|name| format!("'{name}'")).join(", ");
            return Err(invalid(format!(
                "Got an invalid selector \"{value}\", expected one of \"[{list}]\""
            ))
            .maybe_help(did_you_mean(value, names))
            .boxed());
        };
        let manifest = self.manifest;
        let comparison =
            self.comparison.get_or_insert_with(|| StateComparison::new(manifest, old, state.source_names));
        if let Some(test) = all.0.iter().find_map(|resource| unknown_test(*resource)) {
            return Err(test.boxed());
        }
        let mut found = Vec::new();
        for (at, &resource) in all.0.iter().enumerate() {
            if comparison.holds(aspect, resource)? {
                found.push(at);
            }
        }
        comparison.check_removed(aspect)?;
        Ok(found)
    }

    fn results(&self, all: All<'_, 'a>, value: &str) -> Result<Places> {
        let Some(results) = self.state.and_then(|state| state.results.as_ref()) else {
            return Err(Diagnostic::new("missing-state", Category::Internal, "No comparison run_results")
                .help("give the directory of an earlier run_results.json with `--state`")
                .boxed());
        };
        let wanted = results.iter().filter(|result| result.status == value);
        let ids: HashSet<&str> = wanted.map(|result| result.unique_id.as_str()).collect();
        Ok(all.matching(|resource| ids.contains(resource.unique_id())))
    }

    fn source_status(&self, all: All<'_, 'a>, value: &str) -> Result<Places> {
        let none = PreviousState::default();
        let fresher: HashSet<&str> = self.state.unwrap_or(&none).fresher_sources()?.into_iter().collect();
        Ok(all.matching(|resource| value == "fresher" && fresher.contains(resource.unique_id())))
    }
}

/// All resources, to filter.
#[derive(Clone, Copy)]
struct All<'r, 'a>(&'r [Resource<'a>]);

impl<'a> All<'_, 'a> {
    fn matching(self, accepts: impl Fn(Resource<'a>) -> bool) -> Places {
        self.0.iter().enumerate().filter(|&(_, &resource)| accepts(resource)).map(|(at, _)| at).collect()
    }
}

fn sources(all: All<'_, '_>, value: &str) -> Result<Places> {
    let parts: Vec<&str> = value.split('.').collect();
    let (package, source, table) = match parts[..] {
        [source] => ("*", source, "*"),
        [source, table] => ("*", source, table),
        [package, source, table] => (package, source, table),
        _ => {
            return Err(invalid(format!(
                "Invalid source selector value \"{value}\". Sources must be of the form `${{source_name}}`, \
                 `${{source_name}}.${{target_name}}`, or `${{package_name}}.${{source_name}}.${{target_name}}`"
            )));
        }
    };
    let (package, source, table) = (Pattern::new(package), Pattern::new(source), Pattern::new(table));
    Ok(all.matching(|resource| {
        let Resource::Source(it) = resource else { return false };
        package.matches(&it.package_name) && source.matches(&it.source_name) && table.matches(&it.name)
    }))
}

/// `name` or `package.name`.
fn named(all: All<'_, '_>, kind: ResourceType, title: &str, value: &str) -> Result<Places> {
    let (package, name) = match value.split('.').collect::<Vec<_>>()[..] {
        [name] => ("*", name),
        [package, name] => (package, name),
        _ => {
            let noun = title.replace(' ', "_");
            return Err(invalid(format!(
                "Invalid {title} selector value \"{value}\". It must be of the form `${{{noun}_name}}` or \
                 `${{package_name.{noun}_name}}`"
            )));
        }
    };
    let (package, name) = (Pattern::new(package), Pattern::new(name));
    Ok(all.matching(|it| {
        it.resource_type() == kind && package.matches(it.package_name()) && name.matches(it.name())
    }))
}

fn resource_types(all: All<'_, '_>, value: &str) -> Result<Places> {
    let Ok(kind) = value.parse::<ResourceType>() else {
        let names = ResourceType::ALL.map(ResourceType::as_str);
        return Err(invalid(format!("Invalid resource_type selector \"{value}\""))
            .maybe_help(did_you_mean(value, names))
            .boxed());
    };
    Ok(all.matching(|resource| resource.resource_type() == kind))
}

fn test_types(all: All<'_, '_>, value: &str) -> Result<Places> {
    // dbt: a part of `data`, `singular` or `unit` will do
    let (generic, singular, unit) = if matches!(value, "generic" | "schema") {
        (true, false, false)
    } else if "data".contains(value) {
        (true, true, false)
    } else if "singular".contains(value) {
        (false, true, false)
    } else if "unit".contains(value) {
        (false, false, true)
    } else {
        return Err(invalid(format!(
            "Invalid test type selector {value}: expected \"generic\", \"singular\", \"unit\", or \"data\""
        )));
    };
    Ok(all.matching(|resource| match resource {
        Resource::Node(node) => match node.kind {
            NodeKind::GenericTest(_) => generic,
            NodeKind::SingularTest => singular,
            _ => false,
        },
        Resource::UnitTest(_) => unit,
        _ => false,
    }))
}

fn versions(all: All<'_, '_>, value: &str) -> Result<Places> {
    if !matches!(value, "latest" | "prerelease" | "old" | "none") {
        return Err(invalid(format!(
            "Invalid version type selector {value}: expected one of: \"latest\", \"prerelease\", \"old\", or \"none\""
        )));
    }
    Ok(all.matching(|resource| {
        let Resource::Node(node) = resource else { return false };
        let Some(model) = node.model() else { return false };
        match (value, &model.version, &model.latest_version) {
            ("none", version, _) => version.is_none(),
            ("latest", ..) => node.is_latest_version(),
            ("prerelease", Some(version), Some(latest)) => version > latest,
            ("old", Some(version), Some(latest)) => version < latest,
            _ => false,
        }
    }))
}

fn invalid(message: impl Into<String>) -> Box<Diagnostic> {
    Diagnostic::runtime("invalid-selector", message).boxed()
}

fn is_function(resource: Resource<'_>) -> bool {
    resource.resource_type() == ResourceType::Function
}

/// The name without its last suffix.
fn stem(name: &str) -> &str {
    match name.rfind('.') {
        Some(at) if at > 0 => &name[..at],
        _ => name,
    }
}

fn descend<'a>(config: &'a Config, keys: &[String]) -> Option<&'a Value> {
    let (first, rest) = keys.split_first()?;
    let name = match first.as_str() {
        "pre_hook" => "pre-hook",
        "post_hook" => "post-hook",
        other => other,
    };
    rest.iter().try_fold(config.get(name)?, |value, key| value.as_object()?.get(key))
}

fn config_matches(found: &Value, wanted: &Value, keys: &[String]) -> bool {
    let text = match wanted {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let flag = ["true", "false"].into_iter().find(|name| text.eq_ignore_ascii_case(name));
    let flag = flag.map(|name| Value::Bool(name == "true"));
    let same = |value: &Value| value == wanted || flag.as_ref() == Some(value);
    match found {
        Value::Array(list) => list.iter().any(same),
        Value::String(own) if keys == ["severity"] => own.eq_ignore_ascii_case(&text),
        other => same(other),
    }
}

/// A test whose macro is gone: nothing can tell whether it has changed.
fn unknown_test(resource: Resource<'_>) -> Option<Diagnostic> {
    let Resource::Node(node) = resource else { return None };
    let name = &node.generic_test()?.test_metadata.name;
    let its_own = |id: &String| id.rsplit('.').next().and_then(|id| id.strip_prefix("test_")) == Some(name);
    if node.depends_on.macros.iter().any(its_own) {
        return None;
    }
    let message = format!("the macro or test `{name}` that {} uses does not exist", node.name);
    Some(Diagnostic::compilation("unknown-test", message).subject(node.locator()))
}
