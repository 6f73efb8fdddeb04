//! Packages as they are installed: one exact version each, and what their project files say.

use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use crate::config::RawProjectFile;
use crate::config::packages::PackagesFile;
use crate::diagnostic::{Result, Span};

use super::download::Downloads;
use super::metadata::Metadata;
use super::unpinned::{Unpinned, Wish};
use super::{DepsEvent, DepsRequest, failed, git, hub, scrub};

/// A package whose version is settled.
#[derive(Debug, Clone)]
pub(super) enum Pinned {
    Local { path: String },
    Git { url: String, unrendered: String, revision: String, subdirectory: Option<String>, checkout: PathBuf },
    Hub { package: String, version: String, latest: String },
    Tarball { url: String, unrendered: String, name: String, directory: PathBuf },
}

impl Pinned {
    /// Settles the version and fetches what that needs.
    pub(super) fn settle(
        package: &Unpinned,
        request: &DepsRequest<'_>,
        downloads: &Downloads,
        emit: &mut dyn FnMut(DepsEvent),
    ) -> Result<Self> {
        match package.wish.clone() {
            Wish::Local { path } => Ok(Self::Local { path }),
            Wish::Hub { package: name, versions, install_prerelease } => {
                let chosen =
                    hub::choose(request, downloads, &name, &versions, install_prerelease, &package.span)?;
                Ok(Self::Hub { package: name, version: chosen.version, latest: chosen.latest })
            }
            Wish::Tarball { url, unrendered, name } => {
                let directory = downloads.unpack_tarball(&url, &name, &package.span)?;
                Ok(Self::Tarball { url, unrendered, name, directory })
            }
            Wish::Git { url, unrendered, revisions, subdirectory, warn_unpinned } => {
                let wanted = one_revision(&url, &revisions, &package.span)?;
                let place =
                    git::Repository { url: &url, revision: &wanted, subdirectory: subdirectory.as_deref() };
                let checkout = place.check_out(downloads, &request.secrets, &package.span)?;
                if warn_unpinned && matches!(wanted.as_str(), "HEAD" | "main" | "master") {
                    emit(DepsEvent::Unpinned { url: scrub(&url, &request.secrets), revision: wanted });
                }
                let revision = git::current_commit(&checkout, &package.span)?;
                let checkout = subdirectory.as_ref().map_or(checkout.clone(), |path| checkout.join(path));
                Ok(Self::Git { url, unrendered, revision, subdirectory, checkout })
            }
        }
    }

    pub(super) fn metadata(
        &self,
        request: &DepsRequest<'_>,
        downloads: &Downloads,
        span: &Span,
    ) -> Result<Metadata> {
        match self {
            Self::Hub { package, version, .. } => hub::metadata(request, downloads, package, version, span),
            Self::Tarball { name, directory, .. } => {
                let found = read_metadata(directory, self, request, span)?;
                Ok(Metadata { name: name.clone(), ..found })
            }
            Self::Local { path } => read_metadata(&request.project_directory.join(path), self, request, span),
            Self::Git { checkout, .. } => read_metadata(checkout, self, request, span),
        }
    }

    /// How messages call the package.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Local { path } => path.clone(),
            Self::Git { url, subdirectory: Some(below), .. } => format!("{url}/{below}"),
            Self::Git { url, .. } => url.clone(),
            Self::Hub { package, .. } => package.clone(),
            Self::Tarball { name, .. } => name.clone(),
        }
    }

    /// `Installed from ...`.
    pub(super) fn version_name(&self) -> String {
        match self {
            Self::Local { path } => format!("<local @ {path}>"),
            Self::Git { revision, .. } => format!("revision {revision}"),
            Self::Hub { version, .. } => format!("version {version}"),
            Self::Tarball { url, .. } => format!("tarball (url: {url})"),
        }
    }

    /// The entry of the lock file, keys sorted as PyYAML sorts them. Secrets do not get into it.
    pub(super) fn lock_entry(&self, name: &str, secrets: &[String], emit: &mut dyn FnMut(DepsEvent)) -> Json {
        let mut scrubbed = |text: &str| {
            let clean = scrub(text, secrets);
            if clean != text {
                emit(DepsEvent::SecretScrubbed { package: clean.clone() });
            }
            clean
        };
        match self {
            Self::Local { path } => json!({"local": path, "name": name}),
            Self::Hub { package, version, .. } => {
                json!({"name": name, "package": package, "version": version})
            }
            Self::Tarball { unrendered, .. } => json!({"name": name, "tarball": scrubbed(unrendered)}),
            Self::Git { unrendered, revision, subdirectory, .. } => {
                let mut entry = json!({"git": scrubbed(unrendered), "name": name, "revision": revision});
                if let (Some(subdirectory), Some(object)) = (subdirectory, entry.as_object_mut()) {
                    object.insert("subdirectory".into(), subdirectory.clone().into());
                }
                entry
            }
        }
    }
}

fn one_revision(url: &str, revisions: &[String], span: &Span) -> Result<String> {
    let Some(first) = revisions.first() else { return Ok("HEAD".to_owned()) };
    if revisions.iter().all(|revision| revision == first) {
        return Ok(first.clone());
    }
    Err(failed(
        "package-revisions",
        format!(
            "git dependencies should contain exactly one version. {url} contains: {}",
            revisions.join(", ")
        ),
    )
    .label(span.clone(), "")
    .help("agree on one `revision` in all projects that use the package")
    .boxed())
}

fn read_metadata(
    directory: &Path,
    package: &Pinned,
    request: &DepsRequest<'_>,
    span: &Span,
) -> Result<Metadata> {
    let shown = format!("{}/", directory.display());
    let raw = RawProjectFile::read(directory, &shown).map_err(|problem| {
        failed("package-project", format!("cannot use the package {}: {}", package.name(), problem.message))
            .label(span.clone(), "")
            .help(
                "each package needs a dbt_project.yml in its directory; check the path or the `subdirectory`",
            )
    })?;
    let name = raw.name().ok_or_else(|| {
        failed("package-project", "Package defined in dbt_project.yml must have a name!")
            .label(span.clone(), "")
    })?;
    let packages = PackagesFile::read(directory, &shown, request.renderer)?.packages;
    Ok(Metadata { name: name.to_owned(), packages })
}
