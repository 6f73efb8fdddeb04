//! `deps --add-package`: one more entry in packages.yml.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Map, Value as Json};

use crate::config::packages::{DEPENDENCIES_FILE, PACKAGES_FILE};
use crate::config::{optional_text, yaml};
use crate::diagnostic::{Result, SourceText};

use super::{DepsEvent, failed};

/// `--source`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum PackageOrigin {
    #[default]
    Hub,
    Git,
    Local,
}

/// `name@version`; a local package has no version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AddPackage {
    pub name: String,
    pub version: Option<String>,
    pub origin: PackageOrigin,
}

impl AddPackage {
    /// Reads the option's text: `dbt-labs/dbt_utils@1.0.0`, or a mapping with `name` and `version`.
    pub(crate) fn parse(text: &str, origin: PackageOrigin) -> Self {
        let (name, version) = match text.rsplit_once('@') {
            // An @ at the start of a host is no version: git@github.com:...
            Some((name, version)) if origin == PackageOrigin::Hub || !version.contains(['/', ':']) => {
                (name.to_owned(), Some(version.to_owned()))
            }
            _ => (text.to_owned(), None),
        };
        Self { name, version, origin }
    }

    fn entry(&self) -> Json {
        let (key, version_key) = match self.origin {
            PackageOrigin::Hub => ("package", "version"),
            PackageOrigin::Git => ("git", "revision"),
            PackageOrigin::Local => ("local", "version"),
        };
        let mut entry = Map::new();
        entry.insert(key.to_owned(), self.name.clone().into());
        if let Some(version) = &self.version {
            let value = match version.contains(',') {
                true => version.split(',').map(str::trim).collect(),
                false => Json::from(version.as_str()),
            };
            entry.insert(version_key.to_owned(), value);
        }
        Json::Object(entry)
    }

    /// Whether an entry names the same package, however it is spelled or wherever it comes from.
    fn is_same(&self, entry: &Json) -> bool {
        let keys = ["package", "git", "local", "tarball", "private"];
        let Some(known) = keys.iter().find_map(|key| entry.get(*key)).and_then(Json::as_str) else {
            return false;
        };
        let short = self.name.rsplit('/').next().unwrap_or(&self.name);
        [self.name.as_str(), short].iter().any(|name| {
            [(*name).to_owned(), name.replace('_', "-"), name.replace('-', "_")]
                .iter()
                .any(|variant| holds_word(known, variant))
        })
    }
}

/// Whether `name` stands in `text` between slashes, points or its ends.
fn holds_word(text: &str, name: &str) -> bool {
    let Some(at) = text.find(name) else { return false };
    let boundary = |c: Option<char>| c.is_none_or(|c| c == '/' || c == '.');
    boundary(text[..at].chars().next_back()) && boundary(text[at + name.len()..].chars().next())
}

/// Writes the entry into the file that holds the project's packages, in place of one for the same package.
pub(crate) fn add_package(
    project: &Path,
    package: &AddPackage,
    emit: &mut dyn FnMut(DepsEvent),
) -> Result<()> {
    let in_dependencies = optional_text(project, "", DEPENDENCIES_FILE)?
        .is_some_and(|text| text.lines().any(|line| line.starts_with("packages:")));
    let name = if in_dependencies { DEPENDENCIES_FILE } else { PACKAGES_FILE };
    let path = project.join(name);
    let text = optional_text(project, "", name)?.unwrap_or_default();
    let mut file = match yaml::load(&SourceText::new(name, text))?.yaml.to_json() {
        Json::Object(file) => file,
        _ => Map::new(),
    };
    let mut packages = match file.get("packages") {
        Some(Json::Array(packages)) => packages.clone(),
        _ => Vec::new(),
    };
    packages.retain(|entry| {
        let same = package.is_same(entry);
        if same {
            emit(DepsEvent::DuplicateRemoved { package: entry.to_string() });
        }
        !same
    });
    packages.push(package.entry());
    file.insert("packages".into(), Json::Array(packages));
    crate::output::write(
        &path.canonicalize().unwrap_or_else(|_| path.clone()),
        indented(&Json::Object(file)),
    )
    .map_err(|problem| failed("packages-file", format!("cannot write {}: {problem}", path.display())))?;
    emit(DepsEvent::Added {
        name: package.name.clone(),
        version: package.version.clone().unwrap_or_else(|| "None".to_owned()),
        path,
    });
    Ok(())
}

/// As dbt writes the file: the list's entries are indented below `packages:`.
fn indented(file: &Json) -> String {
    let mut text = String::new();
    for line in yaml::to_yaml_text(file).lines() {
        let inside = line.starts_with(['-', ' ']);
        let _ = writeln!(text, "{}{line}", if inside { "  " } else { "" });
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_same_package_is_found_under_its_other_names() {
        let package = AddPackage::parse("dbt-labs/dbt_utils@1.0.0", PackageOrigin::Hub);
        assert_eq!(package.entry(), json!({"package": "dbt-labs/dbt_utils", "version": "1.0.0"}));
        assert!(package.is_same(&json!({"git": "https://github.com/dbt-labs/dbt-utils.git"})));
        assert!(!package.is_same(&json!({"package": "dbt-labs/dbt_utils_more"})));
        assert_eq!(AddPackage::parse("git@github.com:a/b.git", PackageOrigin::Git).version, None);
    }
}
