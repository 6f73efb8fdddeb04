//! The edges: each node's refs, sources, metrics and functions become the unique ids of `depends_on.nodes`.
//!
//! `parse` calls it once, when every file is read. Tests whose target is missing are disabled, anything else
//! that leads nowhere is an error.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::hashed::HashSet;

use super::missing::{self, Reason, Target};
use super::{Access, Found, Lookup, Manifest, Node, Precedence, RefArgs, Resource, ResourceType};

/// What resolving needs to know beside the manifest.
pub(crate) struct ResolveContext<'a> {
    pub lookup: &'a Lookup,
    /// Packages with `restrict-access: true`.
    pub restricted_packages: &'a HashSet<String>,
    /// Where in the user's file the node names its target.
    pub locate: &'a (dyn Fn(Resource<'_>, Target<'_>) -> Option<Span> + Sync),
}

/// What came of one resource's names.
#[derive(Default)]
struct ResolvedNames {
    /// Each once.
    parents: Vec<String>,
    errors: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
    disable: bool,
}

impl Manifest {
    /// Fills `depends_on.nodes` of everything and returns the warnings.
    pub(crate) fn resolve_edges(
        &mut self,
        context: &ResolveContext<'_>,
    ) -> Result<Vec<Diagnostic>, Diagnostics> {
        let mut errors = Vec::new();
        let mut warnings = Vec::new();
        let nodes: Vec<&Arc<Node>> = self.nodes.values().collect();
        let of_nodes = crate::parallel::map(&nodes, |node| context.resolve(self, Resource::Node(node)));
        // a unit test's model is found while it is parsed
        let others: Vec<(String, ResolvedNames)> = self
            .resources()
            .skip(nodes.len())
            .filter(|resource| !matches!(resource, Resource::Source(_) | Resource::UnitTest(_)))
            .map(|resource| (resource.unique_id().to_owned(), context.resolve(self, resource)))
            .collect();
        for (node, outcome) in self.nodes.values_mut().zip(of_nodes) {
            errors.extend(outcome.errors);
            warnings.extend(outcome.warnings);
            if !outcome.parents.is_empty() {
                Arc::make_mut(node).depends_on.add_nodes(outcome.parents);
            }
            if outcome.disable {
                // dbt: a test without its target stays among the nodes, and out of the graph
                Arc::make_mut(node).config_mut().insert("enabled".to_owned(), false.into());
            }
        }
        for (unique_id, outcome) in others {
            errors.extend(outcome.errors);
            warnings.extend(outcome.warnings);
            self.add_parents(&unique_id, outcome.parents);
        }
        errors.extend(self.resolve_semantics(context.lookup));
        if errors.is_empty() { Ok(warnings) } else { Err(Diagnostics(errors)) }
    }

    fn add_parents(&mut self, unique_id: &str, parents: Vec<String>) {
        let kind = unique_id.split('.').next().unwrap_or_default();
        let depends_on = match kind {
            "exposure" => self.exposures.get_mut(unique_id).map(|it| &mut it.depends_on),
            "metric" => self.metrics.get_mut(unique_id).map(|it| &mut it.depends_on),
            "saved_query" => self.saved_queries.get_mut(unique_id).map(|it| &mut it.depends_on),
            "semantic_model" => self.semantic_models.get_mut(unique_id).map(|it| &mut it.depends_on),
            _ => self.functions.get_mut(unique_id).map(|it| &mut Arc::make_mut(it).depends_on),
        };
        if let Some(depends_on) = depends_on {
            depends_on.add_nodes(parents);
        }
    }
}

impl ResolveContext<'_> {
    fn resolve(&self, manifest: &Manifest, resource: Resource<'_>) -> ResolvedNames {
        let mut outcome = ResolvedNames::default();
        let from = resource.package_name();
        let (sources, refs, metrics, functions) = names(resource);
        outcome.parents.reserve_exact(sources.len() + refs.len() + metrics.len() + functions.len());
        for pair in sources {
            if let [source, table] = pair.as_slice() {
                let found = self.lookup.source(from, source, table);
                self.note(resource, Target::Source(source, table), found, &mut outcome);
            }
        }
        for args in refs {
            self.reference(manifest, resource, args, &mut outcome);
        }
        for name in metrics {
            let (name, package) = qualified(name);
            let found = self.lookup.metric(from, name, package);
            self.note(resource, Target::Metric(name, package), found, &mut outcome);
        }
        if let Resource::SavedQuery(query) = resource {
            for name in &query.query_params.metrics {
                let found = self.lookup.metric(from, name, None);
                self.note(resource, Target::Metric(name, None), found, &mut outcome);
            }
        }
        for name in functions {
            let (name, package) = qualified(name);
            let found = self.lookup.function(from, name, package);
            self.note(resource, Target::Function(name, package), found, &mut outcome);
        }
        outcome
    }

    fn reference(
        &self,
        manifest: &Manifest,
        node: Resource<'_>,
        args: &RefArgs,
        outcome: &mut ResolvedNames,
    ) {
        let located = |diagnostic: Diagnostic| self.located(diagnostic, node, Target::Ref(args));
        let found = match self.lookup.reference(node.package_name(), args) {
            Ok(found) => found,
            Err(ambiguous) => {
                outcome.errors.push(located(missing::ambiguous_ref(node, &ambiguous)));
                return;
            }
        };
        if let Found::Enabled(id) = found
            && let Some(target) = manifest.nodes.get(id)
        {
            if let Some(error) = self.access_error(node, target) {
                outcome.errors.push(located(error));
                return;
            }
            let root = self.lookup.root_package();
            if self.lookup.precedence() == Precedence::RootPackageFirst
                && node.package_name() != root
                && target.package_name == root
                && args.package.as_deref() != Some(root)
            {
                outcome.warnings.push(located(missing::package_depends_on_root(node, id)));
            }
        }
        self.note(node, Target::Ref(args), found, outcome);
    }

    fn note(&self, node: Resource<'_>, target: Target<'_>, found: Found<'_>, outcome: &mut ResolvedNames) {
        let reason = match found {
            Found::Enabled(id) => {
                if !outcome.parents.iter().any(|known| known == id) {
                    outcome.parents.push(id.to_owned());
                }
                return;
            }
            Found::Disabled(_) => Reason::Disabled,
            Found::Missing => Reason::NotFound,
        };
        if node.resource_type() != ResourceType::Test {
            let error = missing::target_not_found(node, target, reason, self.lookup);
            outcome.errors.push(self.located(error, node, target));
            return;
        }
        outcome.disable = true;
        // dbt: a test of a disabled model goes without a word
        let silent = reason == Reason::Disabled && matches!(target, Target::Ref(_) | Target::Function(..));
        if !silent {
            let warning = missing::target_not_found_in_test(node, target, reason);
            outcome.warnings.push(self.located(warning, node, target));
        }
    }

    fn located(&self, diagnostic: Diagnostic, node: Resource<'_>, target: Target<'_>) -> Diagnostic {
        match (self.locate)(node, target) {
            Some(span) => diagnostic.label(span, ""),
            None => diagnostic,
        }
    }

    fn access_error(&self, node: Resource<'_>, target: &Node) -> Option<Diagnostic> {
        forbidden(node, target, self.restricted_packages)
    }
}

/// Whether `node` must not read `target`, by groups, access and `restrict-access`.
pub(crate) fn forbidden(
    node: Resource<'_>,
    target: &Node,
    restricted_packages: &HashSet<String>,
) -> Option<Diagnostic> {
    let part = target.model()?;
    // dbt: ad hoc queries read anything
    if node.resource_type() == ResourceType::SqlOperation {
        return None;
    }
    let abroad =
        node.package_name() != target.package_name && restricted_packages.contains(&target.package_name);
    let target_group = target.group.as_deref();
    let scope = match part.access {
        Access::Private if node.group().is_none() || node.group() != target_group || abroad => {
            target_group.unwrap_or_default()
        }
        Access::Protected if abroad => target.package_name.as_str(),
        _ => return None,
    };
    Some(missing::forbidden_ref(node, Resource::Node(target), part.access, scope))
}

type NameLists<'a> = (&'a [Vec<String>], &'a [RefArgs], &'a [Vec<String>], &'a [Vec<String>]);

/// Sources, refs, metrics and functions that a resource names, in the order in which dbt resolves them.
fn names(resource: Resource<'_>) -> NameLists<'_> {
    match resource {
        Resource::Node(it) => (&it.sources, &it.refs, &it.metrics, &it.functions),
        Resource::Exposure(it) => (&it.sources, &it.refs, &it.metrics, &[]),
        Resource::Metric(it) => (&it.sources, &it.refs, &it.metrics, &[]),
        Resource::SemanticModel(it) => (&[], &it.refs, &[], &[]),
        Resource::SavedQuery(it) => (&[], &it.refs, &[], &[]),
        Resource::Source(_) | Resource::UnitTest(_) => (&[], &[], &[], &[]),
    }
}

/// `[name]` or `[package, name]`.
fn qualified(parts: &[String]) -> (&str, Option<&str>) {
    match parts {
        [package, name] => (name, Some(package)),
        [name] => (name, None),
        _ => ("", None),
    }
}
