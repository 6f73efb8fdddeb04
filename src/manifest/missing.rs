//! The errors of names that lead nowhere, or where they must not.

use std::fmt::Write as _;

use crate::diagnostic::{Diagnostic, did_you_mean};

use super::{Access, Ambiguous, Lookup, RefArgs, Resource, ResourceType};

/// What a node named and could not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    Ref(&'a RefArgs),
    /// A source's name and a table's.
    Source(&'a str, &'a str),
    Function(&'a str, Option<&'a str>),
    Metric(&'a str, Option<&'a str>),
}

/// Why a target cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    NotFound,
    Disabled,
}

impl Target<'_> {
    fn kind(self) -> &'static str {
        match self {
            Self::Ref(_) => "node",
            Self::Source(..) => "source",
            Self::Function(..) => "function",
            Self::Metric(..) => "metric",
        }
    }

    fn name(self) -> String {
        match self {
            Self::Ref(args) => args.name.clone(),
            Self::Source(source, table) => format!("{source}.{table}"),
            Self::Function(name, _) | Self::Metric(name, _) => name.to_owned(),
        }
    }

    fn package(self) -> Option<String> {
        match self {
            Self::Ref(args) => args.package.clone(),
            Self::Source(..) => None,
            Self::Function(_, package) | Self::Metric(_, package) => package.map(str::to_owned),
        }
    }
}

/// A node depends on something that is not there.
pub(crate) fn target_not_found(
    node: Resource<'_>,
    target: Target<'_>,
    reason: Reason,
    lookup: &Lookup,
) -> Diagnostic {
    let mut place = String::new();
    if let Target::Ref(RefArgs { version: Some(version), .. }) = target {
        place = format!("with version '{version}' ");
    }
    if let Some(package) = target.package() {
        let _ = write!(place, "in package or project '{package}' ");
    }
    let code = match (target, reason) {
        (_, Reason::Disabled) => "disabled-target",
        (Target::Ref(_), Reason::NotFound) => "missing-ref",
        (Target::Source(..), Reason::NotFound) => "missing-source",
        (Target::Function(..), Reason::NotFound) => "missing-function",
        (Target::Metric(..), Reason::NotFound) => "missing-metric",
    };
    Diagnostic::compilation(code, sentence(node, target, &place, reason))
        .maybe_help(help(node, target, reason, lookup))
}

/// The same for a test: it only leaves the graph, with a warning.
pub(super) fn target_not_found_in_test(node: Resource<'_>, target: Target<'_>, reason: Reason) -> Diagnostic {
    let code = match reason {
        Reason::NotFound => "NodeNotFoundOrDisabled",
        Reason::Disabled => "InvalidDisabledTargetInTestNode",
    };
    // dbt: a missing target is always said to be missing "in package ''"
    let place = match (target.package(), reason) {
        (Some(package), _) => format!("in package '{package}' "),
        (None, Reason::NotFound) => "in package '' ".to_owned(),
        (None, Reason::Disabled) => String::new(),
    };
    Diagnostic::warning(code, sentence(node, target, &place, reason))
}

fn sentence(node: Resource<'_>, target: Target<'_>, place: &str, reason: Reason) -> String {
    let reason = match reason {
        Reason::NotFound => "was not found",
        Reason::Disabled => "is disabled",
    };
    format!(
        "{} '{}' ({}) depends on a {} named '{}' {place}which {reason}",
        title(node.resource_type()),
        node.unique_id(),
        node.original_file_path(),
        target.kind(),
        target.name(),
    )
}

fn help(node: Resource<'_>, target: Target<'_>, reason: Reason, lookup: &Lookup) -> Option<String> {
    if reason == Reason::Disabled {
        return Some(format!("enable it, or take it out of `{}`", node.name()));
    }
    let name = target.name();
    match target {
        Target::Ref(args) => {
            if args.version.is_some() {
                let prefix = format!("{name}.v");
                let mut versions: Vec<_> =
                    lookup.refable_names().filter_map(|known| known.strip_prefix(&prefix)).collect();
                if !versions.is_empty() {
                    versions.sort_unstable();
                    return Some(format!("`{name}` has the versions {}", versions.join(", ")));
                }
            }
            let mut packages: Vec<_> = lookup.packages_with(&name).collect();
            packages.sort_unstable();
            if !packages.is_empty() {
                return Some(format!("there is a `{name}` in package `{}`", packages.join("`, `")));
            }
            did_you_mean(&name, sorted(lookup.refable_names()))
        }
        Target::Source(..) => did_you_mean(&name, sorted(lookup.source_names())),
        Target::Function(..) => did_you_mean(&name, sorted(lookup.function_names())),
        Target::Metric(..) => did_you_mean(&name, sorted(lookup.metric_names())),
    }
}

/// Hash maps have no order, a hint must always be the same.
fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    names
}

/// The name is found in several packages.
pub(crate) fn ambiguous_ref(node: Resource<'_>, ambiguous: &Ambiguous) -> Diagnostic {
    let packages: Vec<_> = ambiguous.unique_ids.iter().filter_map(|id| id.split('.').nth(1)).collect();
    Diagnostic::compilation(
        "ambiguous-ref",
        format!(
            "When referencing '{}', dbt found nodes in multiple packages: '{}'\n\
             To fix this, use two-argument 'ref', with the package name first: '{}'",
            ambiguous.name,
            ambiguous.unique_ids.join("', '"),
            packages.join("' or '")
        ),
    )
    .subject(format!("{} {} ({})", node.resource_type(), node.name(), node.original_file_path()))
}

/// The referenced model keeps to its group or its package.
pub(super) fn forbidden_ref(
    node: Resource<'_>,
    target: Resource<'_>,
    access: Access,
    scope: &str,
) -> Diagnostic {
    let (scope_type, help) = match access {
        Access::Private => {
            ("group", format!("give `{}` the same group, or the model a wider access", node.name()))
        }
        Access::Protected | Access::Public => ("package", "make the model `public`".to_owned()),
    };
    Diagnostic::parsing(
        "forbidden-ref",
        format!(
            "Node {} attempted to reference node {}, which is not allowed because the referenced node is {access} \
             to the '{scope}' {scope_type}.",
            node.unique_id(),
            target.unique_id()
        ),
    )
    .help(help)
}

/// `doc()` names a block that is not there.
pub(crate) fn doc_not_found(
    unique_id: &str,
    name: &str,
    package: Option<&str>,
    lookup: &Lookup,
) -> Diagnostic {
    let place = package.map_or_else(String::new, |package| format!("in package '{package}' "));
    Diagnostic::compilation(
        "missing-doc",
        format!("Documentation for '{unique_id}' depends on doc '{name}' {place} which was not found"),
    )
    .help(format!("write it in a .md file: `{{% docs {name} %}} .. {{% enddocs %}}`"))
    .maybe_help(did_you_mean(name, sorted(lookup.doc_names())))
}

/// A package's node reads a node of the root project.
pub(super) fn package_depends_on_root(node: Resource<'_>, target: &str) -> Diagnostic {
    Diagnostic::warning(
        "PackageNodeDependsOnRootProjectNode",
        format!(
            "The node '{}' in package '{}' depends on the root project node '{target}'. \
             This may lead to unexpected cycles downstream",
            node.name(),
            node.package_name()
        ),
    )
    .help("set the flag `require_ref_searches_node_package_before_root` to true")
    .fact("node_name", node.name())
    .fact("package_name", node.package_name())
    .fact("root_project_unique_id", target)
}

/// As Python's `str.title`: `Sql_Operation`.
fn title(kind: ResourceType) -> String {
    let mut start = true;
    let letter = |letter: char| {
        let shown = if start { letter.to_ascii_uppercase() } else { letter };
        start = !letter.is_ascii_alphabetic();
        shown
    };
    kind.as_str().chars().map(letter).collect()
}
