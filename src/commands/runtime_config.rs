//! dbt's `RuntimeConfig` as packages read it through `builtins.ref.config`: the project file, the profile and the
//! arguments in one.

use serde_json::{Map, Value as Json, json};

use crate::config::ProjectFile;
use crate::config::profiles::Profile;
use crate::options::Flags;
use crate::project::Project;

pub(super) fn runtime_config(project: &Project, profile: &Profile, target: &Json, flags: &Flags) -> Json {
    let arguments = Json::Object(flags.values().clone());
    let mut config = attributes(&project.root.file);
    config.extend([
        ("profile_name".to_owned(), json!(profile.name)),
        ("target_name".to_owned(), json!(profile.target_name)),
        ("threads".to_owned(), json!(profile.threads)),
        ("credentials".to_owned(), target.clone()),
        ("cli_vars".to_owned(), arguments.get("vars").cloned().unwrap_or_else(|| json!({}))),
        ("args".to_owned(), arguments),
        ("dependencies".to_owned(), project.all().map(dependency).collect()),
    ]);
    Json::Object(config)
}

fn dependency(package: &crate::project::Package) -> (String, Json) {
    (package.name().to_owned(), Json::Object(attributes(&package.file)))
}

/// The keys of a project file as attributes: `model-paths` is `model_paths`.
fn attributes(file: &ProjectFile) -> Map<String, Json> {
    let Json::Object(keys) = file.yaml.to_json() else { return Map::new() };
    let mut attributes: Map<String, Json> =
        keys.into_iter().map(|(key, value)| (key.replace('-', "_"), value)).collect();
    let vars = file.vars.as_ref().map_or_else(|| json!({}), crate::config::Yaml::to_json);
    attributes.extend([
        ("project_name".to_owned(), json!(file.name)),
        ("version".to_owned(), file.version.clone()),
        ("project_root".to_owned(), json!(file.directory)),
        ("target_path".to_owned(), json!(file.target_path)),
        ("packages_install_path".to_owned(), json!(file.packages_install_path)),
        ("vars".to_owned(), vars),
    ]);
    attributes
}
