//! Paths in the root project's config trees that no resource matches.

use crate::config::{Configurable, ProjectFile, Yaml};
use crate::diagnostic::{Diagnostic, Span};
use crate::hashed::HashMap;

/// The fqns of all resources, collected while parsing.
#[derive(Debug, Default)]
pub(crate) struct UsedConfigs<'a> {
    by_type: HashMap<Configurable, Vec<&'a [String]>>,
    /// dbt counts a disabled resource for every type.
    disabled: Vec<&'a [String]>,
}

impl<'a> UsedConfigs<'a> {
    pub(crate) fn add(&mut self, resource: Configurable, fqn: &'a [String]) {
        self.by_type.entry(resource).or_default().push(fqn);
    }

    pub(crate) fn add_disabled(&mut self, fqn: &'a [String]) {
        self.disabled.push(fqn);
    }

    /// One warning that names every unused path, each with its place.
    pub(crate) fn warn_unused(&self, root: &ProjectFile) -> Option<Diagnostic> {
        let mut unused = Vec::new();
        for (resource, tree) in &root.trees {
            let prefix = resource.tree_key().replace('-', "_");
            let mut paths = Vec::new();
            collect(tree, None, &mut Vec::new(), &mut paths);
            let used = self.by_type.get(resource).map_or(&[][..], Vec::as_slice);
            for (path, span) in paths {
                if !used.iter().chain(&self.disabled).any(|fqn| starts_with(fqn, &path)) {
                    let shown: Vec<&str> = std::iter::once(prefix.as_str()).chain(path).collect();
                    unused.push((shown.join("."), span));
                }
            }
        }
        if unused.is_empty() {
            return None;
        }
        let lines: Vec<String> = unused.iter().map(|(path, _)| format!("- {path}")).collect();
        let mut warning = Diagnostic::warning(
            "UnusedResourceConfigPath",
            format!(
                "Configuration paths exist in your dbt_project.yml file which do not apply to any resources.\n\
                 There are {} unused configuration paths:\n{}",
                lines.len(),
                lines.join("\n")
            ),
        );
        for (_, span) in unused {
            warning = warning.label(span, "");
        }
        Some(warning)
    }
}

fn starts_with(fqn: &[String], path: &[&str]) -> bool {
    fqn.len() >= path.len() && fqn.iter().zip(path).all(|(part, key)| part == key)
}

/// Every level that sets a config, with the place of its key.
fn collect<'y>(
    level: &'y Yaml,
    key_span: Option<Span>,
    path: &mut Vec<&'y str>,
    found: &mut Vec<(Vec<&'y str>, Span)>,
) {
    let Some(mapping) = level.as_mapping() else { return };
    let is_config = |entry: &&crate::config::yaml::Entry| {
        entry.key.starts_with('+') || entry.value.as_mapping().is_none()
    };
    if let Some(first) = mapping.iter().find(is_config) {
        found.push((path.clone(), key_span.unwrap_or_else(|| first.key_span())));
    }
    for entry in mapping.iter().filter(|entry| !is_config(entry)) {
        path.push(&entry.key);
        collect(&entry.value, Some(entry.key_span()), path, found);
        path.pop();
    }
}
