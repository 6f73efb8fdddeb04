//! What a criterion that matches nothing was perhaps meant to be: `tag:dialy` is near to `tag:daily`.

use crate::diagnostic::nearest;
use crate::manifest::{Resource, ResourceType};

use super::syntax::Method;

/// The hint, for a criterion without wildcards.
pub(super) fn hint(raw: &str, resources: &[Resource<'_>]) -> Option<String> {
    let criterion = without_operators(raw);
    let (method, value) = match criterion.split_once(':') {
        Some((name, value)) => (Method::named(name)?, value),
        None => (Method::of_value(criterion), criterion),
    };
    if value.contains(['*', '?', '[', ']', ' ']) {
        return None;
    }
    let prefix = &criterion[..criterion.len() - value.len()];
    let mut known: Vec<String> = resources.iter().flat_map(|resource| values(method, *resource)).collect();
    known.sort_unstable();
    known.dedup();
    let wanted = nearest(value, known.iter().map(String::as_str))?;
    Some(format!("did you mean `{prefix}{wanted}`?"))
}

/// Without `@`, `2+` and `+3`.
fn without_operators(raw: &str) -> &str {
    let digit = |c: char| c.is_ascii_digit();
    let head = raw.strip_prefix('@').unwrap_or(raw);
    let head = head.trim_start_matches(digit).strip_prefix('+').unwrap_or(head);
    head.trim_end_matches(digit).strip_suffix('+').unwrap_or(head)
}

/// All values under which the method finds a resource.
fn values(method: Method, resource: Resource<'_>) -> Vec<String> {
    let kind = resource.resource_type();
    let name = || vec![resource.name().to_owned()];
    let of_kind = |wanted| if kind == wanted { name() } else { Vec::new() };
    match method {
        Method::Fqn => match kind {
            ResourceType::Model | ResourceType::Seed | ResourceType::Snapshot => {
                name().into_iter().chain(resource.fqn().iter().cloned()).collect()
            }
            ResourceType::Function | ResourceType::Analysis => name(),
            _ => Vec::new(),
        },
        Method::Tag => resource.tags().into_iter().map(str::to_owned).collect(),
        Method::Group => resource
            .config()
            .get("group")
            .and_then(|group| group.as_str())
            .map(str::to_owned)
            .into_iter()
            .collect(),
        Method::Package => vec![resource.package_name().to_owned()],
        Method::Path => {
            let path = resource.original_file_path();
            let parents = path.match_indices('/').map(|(at, _)| path[..at].to_owned());
            parents.chain([path.to_owned()]).collect()
        }
        Method::File => {
            let path = resource.original_file_path();
            let file = path.rsplit('/').next().unwrap_or(path);
            let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
            vec![file.to_owned(), stem.to_owned()]
        }
        Method::Source => match resource {
            Resource::Source(source) => {
                let table = format!("{}.{}", source.source_name, source.name);
                vec![source.source_name.clone(), format!("{}.{table}", source.package_name), table]
            }
            _ => Vec::new(),
        },
        Method::TestName => match resource {
            Resource::Node(node) => {
                node.generic_test().map(|test| test.test_metadata.name.clone()).into_iter().collect()
            }
            _ => of_kind(ResourceType::UnitTest),
        },
        Method::Exposure => of_kind(ResourceType::Exposure),
        Method::Metric => of_kind(ResourceType::Metric),
        Method::SemanticModel => of_kind(ResourceType::SemanticModel),
        Method::SavedQuery => of_kind(ResourceType::SavedQuery),
        Method::UnitTest => of_kind(ResourceType::UnitTest),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_left_out() {
        for raw in ["a", "@a", "+a", "a+", "+a+", "2+a", "a+3", "12+a+3"] {
            assert_eq!(without_operators(raw), "a");
        }
        assert_eq!(without_operators("2+tag:x9+1"), "tag:x9");
        assert_eq!(without_operators("2024_orders1"), "2024_orders1");
    }
}
