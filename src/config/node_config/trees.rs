//! Walking a config tree by fqn, and telling configs from levels.

use std::borrow::Cow;

use crate::config::Yaml;

use super::ConfigMap;

/// The levels that an fqn reaches, from the root of the tree down.
pub(super) fn levels<'t, 'f>(
    tree: Option<&'t Yaml>,
    fqn: &'f [String],
) -> impl Iterator<Item = &'t Yaml> + use<'t, 'f> {
    let mut rest = fqn.iter();
    std::iter::successors(tree, move |level| {
        level.get(rest.next()?).filter(|below| below.as_mapping().is_some())
    })
}

/// Every level of a tree, the whole one first.
pub(super) fn each_level<'t>(tree: &'t Yaml, visit: &mut impl FnMut(&'t Yaml)) {
    let Some(mapping) = tree.as_mapping() else { return };
    visit(tree);
    for entry in mapping {
        each_level(&entry.value, visit);
    }
}

/// In a tree a key with `+` is a config; so is one whose value is no mapping.
pub(super) fn configs_of(level: &Yaml) -> ConfigMap {
    let mut configs = ConfigMap::new();
    for entry in level.as_mapping().into_iter().flat_map(crate::config::Mapping::iter) {
        let key = match entry.key.strip_prefix('+') {
            Some(key) => key.trim(),
            None if entry.value.as_mapping().is_none() => &entry.key,
            None => continue,
        };
        configs.insert(canonical(key).to_owned(), entry.value.to_json());
    }
    configs
}

/// The adapter's aliases of config keys.
pub(super) fn canonical(key: &str) -> &str {
    match key {
        "dbname" => "database",
        "pass" => "password",
        other => other,
    }
}

/// Hooks may be spelled with an underscore.
pub(super) fn hook_key(key: &str) -> Cow<'_, str> {
    match key {
        "pre_hook" => "pre-hook".into(),
        "post_hook" => "post-hook".into(),
        other => other.into(),
    }
}
