//! All keys that are read from the files of a project, by the place that they are written in.

use super::Configurable;
use super::node_config::{Configured, known_keys};
use super::project_file;
use super::properties::PropertyKind;

/// `+models`: configs of models; `models`: keys of an entry of that list; `dbt_project.yml` and `properties`: of the whole file.
pub fn keys_of_files() -> Vec<(String, Vec<&'static str>)> {
    let configs = Configurable::WITH_TREE
        .into_iter()
        .map(|resource| (format!("+{}", resource.tree_key()), known_keys(Configured::Resource(resource))));
    let entries =
        PropertyKind::ALL.into_iter().map(|kind| (kind.key().to_owned(), kind.known_keys().to_vec()));
    configs
        .chain([("+columns".to_owned(), known_keys(Configured::Column))])
        .chain(entries)
        .chain([
            ("dbt_project.yml".to_owned(), project_file::KNOWN_KEYS.to_vec()),
            ("properties".to_owned(), PropertyKind::ALL.map(PropertyKind::key).to_vec()),
        ])
        .collect()
}
