//! packages.yml, dependencies.yml and package-lock.yml: which packages a project asks for.

use std::path::Path;

use serde_json::{Map, Value as Json};

use crate::diagnostic::{Category, Diagnostic, Result, SourceText, Span, did_you_mean};

use super::yaml::{self, Kind, Yaml};
use super::{Fields, Renderer, optional_text, render_tree};

pub(crate) const PACKAGES_FILE: &str = "packages.yml";
pub(crate) const DEPENDENCIES_FILE: &str = "dependencies.yml";
pub(crate) const LOCK_FILE: &str = "package-lock.yml";

/// The packages of one project, in file order.
#[derive(Debug, Clone)]
pub(crate) struct PackagesFile {
    /// The file that names them; packages.yml where there is none.
    pub file_name: &'static str,
    pub packages: Vec<PackageSpec>,
    /// `sha1_hash` of a lock file.
    pub lock_hash: Option<String>,
}

/// One entry of `packages:`.
#[derive(Debug, Clone)]
pub(crate) struct PackageSpec {
    pub source: PackageSource,
    /// What dbt hashes to see whether the lock file is still right.
    pub hashed: Json,
    pub span: Span,
}

/// Where a package comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PackageSource {
    Local {
        path: String,
    },
    Git {
        url: String,
        unrendered: String,
        revision: Option<String>,
        subdirectory: Option<String>,
        warn_unpinned: bool,
    },
    Hub {
        package: String,
        versions: Vec<String>,
        install_prerelease: bool,
    },
    Tarball {
        url: String,
        unrendered: String,
        name: String,
    },
    Private {
        repository: String,
    },
}

const KNOWN: [&str; 14] = [
    "local",
    "git",
    "package",
    "tarball",
    "private",
    "name",
    "revision",
    "subdirectory",
    "warn-unpinned",
    "warn_unpinned",
    "version",
    "install_prerelease",
    "install-prerelease",
    "provider",
];

impl PackagesFile {
    /// The packages that a project asks for. packages.yml is rendered, dependencies.yml is not, as in dbt.
    pub(crate) fn read(project: &Path, shown: &str, renderer: &dyn Renderer) -> Result<Self> {
        let packages = load(project, shown, PACKAGES_FILE)?;
        let dependencies = load(project, shown, DEPENDENCIES_FILE)?;
        let has = |yaml: &Option<Yaml>, key: &str| yaml.as_ref().is_some_and(|yaml| yaml.get(key).is_some());
        if has(&packages, "packages") && has(&dependencies, "packages") {
            return Err(malformed(
                "The 'packages' key cannot be specified in both packages.yml and dependencies.yml",
            )
            .help("keep the packages in one of the two files")
            .boxed());
        }
        if let Some(projects) = packages.as_ref().and_then(|yaml| yaml.get("projects")) {
            return Err(malformed("The 'projects' key cannot be specified in packages.yml")
                .label(projects.span(), "")
                .help("projects belong into dependencies.yml")
                .boxed());
        }
        if has(&dependencies, "packages") {
            return Self::from_yaml(DEPENDENCIES_FILE, dependencies.as_ref(), None);
        }
        Self::from_yaml(PACKAGES_FILE, packages.as_ref(), Some(renderer))
    }

    /// The lock file of a project, if there is one.
    pub(crate) fn read_lock(project: &Path, renderer: &dyn Renderer) -> Result<Option<Self>> {
        let Some(yaml) = load(project, "", LOCK_FILE)? else { return Ok(None) };
        let mut lock = Self::from_yaml(LOCK_FILE, Some(&yaml), Some(renderer))?;
        lock.lock_hash = yaml.get("sha1_hash").and_then(Yaml::scalar_text);
        Ok(Some(lock))
    }

    fn from_yaml(
        file_name: &'static str,
        yaml: Option<&Yaml>,
        renderer: Option<&dyn Renderer>,
    ) -> Result<Self> {
        let mut file = Self { file_name, packages: Vec::new(), lock_hash: None };
        let Some(list) = yaml.and_then(|yaml| yaml.get("packages")).filter(|list| !list.is_null()) else {
            return Ok(file);
        };
        for entry in list.as_sequence().ok_or_else(|| shape(list, "`packages` must be a list"))? {
            let rendered = match renderer {
                Some(renderer) => render_tree(entry, renderer, &|_| false)?,
                None => entry.clone(),
            };
            file.packages.push(PackageSpec::read(&rendered, entry.to_json())?);
        }
        Ok(file)
    }
}

fn load(project: &Path, shown: &str, name: &str) -> Result<Option<Yaml>> {
    let Some(text) = optional_text(project, shown, name)? else { return Ok(None) };
    let yaml = yaml::load(&SourceText::new(format!("{shown}{name}"), text))?.yaml;
    Ok(if yaml.is_null() { None } else { Some(yaml) })
}

impl PackageSpec {
    /// Reads an entry of a file, or one that a hub's answer holds.
    pub(crate) fn read(yaml: &Yaml, unrendered: Json) -> Result<Self> {
        let fields = Fields::new(yaml, "package", "")?;
        if let Some(entry) = fields.mapping().iter().find(|entry| !KNOWN.contains(&entry.key.as_str())) {
            return Err(malformed(&format!("unknown key `{}` of a package", entry.key))
                .label(entry.key_span(), "")
                .maybe_help(did_you_mean(&entry.key, KNOWN))
                .boxed());
        }
        let raw = |key: &str| unrendered.get(key).and_then(Json::as_str).map(str::to_owned);
        for (key, kind) in [("package", "hub"), ("local", "local"), ("git", "git")] {
            if fields.mapping().get(key).and_then(Yaml::as_str) == Some("") {
                return Err(shape(
                    yaml,
                    &format!("A {kind} package is missing the value. It is a required property."),
                ));
            }
        }
        let source = if let Some(package) = fields.text("package")? {
            read_hub(&fields, package)?
        } else if let Some(url) = fields.text("git")? {
            PackageSource::Git {
                unrendered: raw("git").unwrap_or_else(|| url.clone()),
                url,
                revision: fields.text("revision")?,
                subdirectory: fields.text("subdirectory")?,
                warn_unpinned: fields.boolean("warn-unpinned")?.or(fields.boolean("warn_unpinned")?)
                    != Some(false),
            }
        } else if let Some(path) = fields.text("local")? {
            PackageSource::Local { path }
        } else if let Some(url) = fields.text("tarball")? {
            let name = fields.text("name")?.ok_or_else(|| shape(yaml, "a tarball package needs a `name`"))?;
            PackageSource::Tarball { unrendered: raw("tarball").unwrap_or_else(|| url.clone()), url, name }
        } else if let Some(repository) = fields.text("private")? {
            PackageSource::Private { repository }
        } else {
            return Err(shape(yaml, "a package needs one of `package`, `git`, `local`, `tarball`"));
        };
        let hashed = hashed(&source, yaml, unrendered);
        // lock files have it
        fields.text("name")?;
        Ok(Self { source, hashed, span: yaml.span() })
    }
}

fn read_hub(fields: &Fields<'_>, package: String) -> Result<PackageSource> {
    let versions =
        fields.strings("version")?.filter(|versions| !versions.is_empty() && !versions[0].is_empty());
    let Some(versions) = versions else {
        return Err(shape(
            fields.yaml,
            &format!(
                "{package} is missing the version. When installing from the Hub package index, version is a required property"
            ),
        ));
    };
    if !package.contains('/') {
        return Err(shape(
            fields.yaml,
            &format!(
                "{package} was not found in the package index. Packages on the index require a namespace, e.g dbt-labs/dbt_utils"
            ),
        ));
    }
    let prerelease = fields.boolean("install_prerelease")?.or(fields.boolean("install-prerelease")?);
    Ok(PackageSource::Hub { package, versions, install_prerelease: prerelease.unwrap_or(false) })
}

/// The mapping that dbt serializes for its hash: the typed keys, and the entry as written.
fn hashed(source: &PackageSource, yaml: &Yaml, unrendered: Json) -> Json {
    let mut object = Map::new();
    let mut copy = |key: &str, default: Json| {
        let value = yaml.get(key).map_or(default, Yaml::to_json);
        object.insert(key.to_owned(), value);
    };
    match source {
        PackageSource::Local { .. } => copy("local", Json::Null),
        PackageSource::Tarball { .. } => copy("tarball", Json::Null),
        PackageSource::Hub { .. } => {
            copy("package", Json::Null);
            copy("version", Json::Null);
            copy("install_prerelease", Json::Bool(false));
        }
        PackageSource::Git { .. } | PackageSource::Private { .. } => {
            if matches!(source, PackageSource::Private { .. }) {
                copy("private", Json::Null);
                copy("provider", Json::Null);
            } else {
                copy("git", Json::Null);
            }
            copy("revision", Json::Null);
            copy("warn-unpinned", Json::Null);
            copy("subdirectory", Json::Null);
        }
    }
    if let Some(name) = yaml.get("name").filter(|name| !matches!(name.kind, Kind::Null)) {
        object.insert("name".into(), name.to_json());
    }
    object.insert("unrendered".into(), unrendered);
    Json::Object(object)
}

fn malformed(error: &str) -> Diagnostic {
    Diagnostic::new(
        "packages-file",
        Category::Runtime,
        format!(
            "The packages.yml file in this project is malformed. Please double check\n\
             the contents of this file and fix any errors before retrying.\n\n\
             Validator Error:\n{error}"
        ),
    )
}

fn shape(yaml: &Yaml, error: &str) -> Box<Diagnostic> {
    malformed(error)
        .label(yaml.span(), "")
        .help("see https://docs.getdbt.com/docs/package-management")
        .boxed()
}
