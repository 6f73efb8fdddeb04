//! No two resources of one name, no two nodes of one relation.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::hashed::HashMap;

use super::{Doc, Manifest, Node, Resource, ResourceType};

/// The flag `require_unique_project_resource_names`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum SameNames {
    #[default]
    Warn,
    Refuse,
}

impl Manifest {
    /// Errors for two nodes with one relation or a versioned and an unversioned model of one name;
    /// returns warnings for a seed and a model of one name. Relations of different servers are never one.
    pub(crate) fn check_unique<'s>(
        &self,
        same_names: SameNames,
        server: impl Fn(&Node) -> &'s str,
    ) -> Result<Vec<Diagnostic>, Diagnostics> {
        let mut errors = Vec::new();
        let mut warnings = Vec::new();
        let mut relations: HashMap<(&str, String), &Node> = HashMap::default();
        let mut versioned: HashMap<(&str, &str), &Node> = HashMap::default();
        let mut unversioned: HashMap<(&str, &str), &Node> = HashMap::default();
        for node in self.nodes.values().filter(|node| node.is_relational()) {
            let name = (node.package_name.as_str(), node.name.as_str());
            if node.is_versioned() {
                versioned.insert(name, node);
            } else if let Some(other) = unversioned.insert(name, node) {
                match same_names {
                    SameNames::Refuse => {
                        errors.push(duplicate_resource(Resource::Node(other), Resource::Node(node)));
                    }
                    SameNames::Warn => warnings.push(same_name_warning(other, node)),
                }
            }
            let relation = (server(node), relation_text(node));
            if let Some(other) = relations.get(&relation) {
                errors.push(ambiguous_relation(other, node, &relation.1));
            } else {
                relations.insert(relation, node);
            }
        }
        let mut collisions: Vec<_> =
            versioned.iter().filter_map(|(name, node)| Some((*node, *unversioned.get(name)?))).collect();
        collisions.sort_by(|left, right| left.0.unique_id.cmp(&right.0.unique_id));
        errors.extend(collisions.into_iter().map(|(node, other)| versioned_and_unversioned(node, other)));
        if errors.is_empty() { Ok(warnings) } else { Err(Diagnostics(errors)) }
    }
}

fn relation_text(node: &Node) -> String {
    node.relation_name.clone().unwrap_or_else(|| {
        format!("\"{}\".\"{}\".\"{}\"", node.database.as_deref().unwrap_or_default(), node.schema, node.alias)
    })
}

fn ambiguous_relation(first: &Node, second: &Node, relation: &str) -> Diagnostic {
    Diagnostic::compilation(
        "ambiguous-relation",
        format!(
            "dbt found two resources with the database representation \"{relation}\".\n\
             dbt cannot create two resources with identical database representations. To fix this,\n\
             change the configuration of one of these resources:\n- {} ({})\n- {} ({})",
            first.unique_id, first.original_file_path, second.unique_id, second.original_file_path
        ),
    )
    .help("set a different `alias` or `schema` for one of them")
}

fn versioned_and_unversioned(versioned: &Node, unversioned: &Node) -> Diagnostic {
    let name = &versioned.name;
    Diagnostic::parsing(
        "versioned-and-unversioned",
        format!(
            "dbt found versioned and unversioned models with the name \"{name}\".\n\n\
             Since these resources have the same name, dbt will be unable to find the correct resource\n\
             when looking for ref('{name}').\n\n\
             To fix this, change the name of the unversioned resource\n{} ({})\n\
             or add the unversioned model to the versions in {}",
            unversioned.unique_id,
            unversioned.original_file_path,
            versioned.patch_path.as_deref().unwrap_or_default()
        ),
    )
}

fn same_name_warning(first: &Node, second: &Node) -> Diagnostic {
    Diagnostic::warning(
        "DuplicateNameDistinctNodeTypesDeprecation",
        format!(
            "Found resources with the same name '{}' in package '{}': '{}' and '{}'. \
             Please update one of the resources to have a unique name.",
            first.name, first.package_name, first.unique_id, second.unique_id
        ),
    )
}

/// Two resources that got one unique id.
pub(crate) fn duplicate_resource(first: Resource<'_>, second: Resource<'_>) -> Diagnostic {
    let name = first.name();
    let kind = first.resource_type();
    let plural = if kind == second.resource_type() { kind.plural() } else { "resources".to_owned() };
    let (shown, action, target) = match first {
        Resource::Node(node) if node.is_refable() => {
            (name.to_owned(), "looking for", format!("ref(\"{name}\")"))
        }
        Resource::Source(source) => {
            let pair = (&source.source_name, &source.name);
            (
                format!("{}.{}", pair.0, pair.1),
                "looking for",
                format!("source(\"{}\", \"{}\")", pair.0, pair.1),
            )
        }
        Resource::Node(node) => match node.generic_test() {
            Some(test) => {
                let column = test
                    .column_name
                    .as_ref()
                    .map_or_else(String::new, |name| format!("column \"{name}\" in "));
                let file = test.file_key_name.as_deref().unwrap_or_default();
                (format!("{name}\" defined on {column}\"{file}"), "running", "tests".to_owned())
            }
            None => (name.to_owned(), "looking for", name.to_owned()),
        },
        _ => (name.to_owned(), "looking for", name.to_owned()),
    };
    let places =
        [(first.unique_id(), first.original_file_path()), (second.unique_id(), second.original_file_path())];
    duplicate(&plural, &shown, action, &target, places)
}

/// Two doc blocks of one name in one package.
pub(crate) fn duplicate_doc(first: &Doc, second: &Doc) -> Diagnostic {
    let places = [
        (first.unique_id.as_str(), first.original_file_path.as_str()),
        (second.unique_id.as_str(), second.original_file_path.as_str()),
    ];
    let target = format!("doc(\"{}\")", first.name);
    duplicate(&ResourceType::Doc.plural(), &first.name, "looking for", &target, places)
}

fn duplicate(plural: &str, name: &str, action: &str, target: &str, places: [(&str, &str); 2]) -> Diagnostic {
    let [(first, first_path), (second, second_path)] = places;
    Diagnostic::compilation(
        "duplicate-name",
        format!(
            "dbt found two {plural} with the name \"{name}\".\n\n\
             Since these resources have the same name, dbt will be unable to find the correct resource\n\
             when {action} {target}.\n\n\
             To fix this, change the name of one of these resources:\n\
             - {first} ({first_path})\n- {second} ({second_path})"
        ),
    )
}
