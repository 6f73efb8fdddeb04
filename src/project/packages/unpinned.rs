//! Packages as they are asked for: several requests for one package become one.

use crate::config::packages::{PackageSource, PackageSpec};
use crate::config::semver::Specifier;
use crate::diagnostic::{Result, Span};
use crate::hashed::IndexMap;

use super::failed;

/// What is asked of one package, by all who ask for it.
#[derive(Debug, Clone)]
pub(super) struct Unpinned {
    pub(super) wish: Wish,
    pub(super) span: Span,
}

#[derive(Debug, Clone)]
pub(super) enum Wish {
    Local {
        path: String,
    },
    Git {
        url: String,
        unrendered: String,
        revisions: Vec<String>,
        subdirectory: Option<String>,
        warn_unpinned: bool,
    },
    Hub {
        package: String,
        versions: Vec<Specifier>,
        install_prerelease: bool,
    },
    Tarball {
        url: String,
        unrendered: String,
        name: String,
    },
}

impl Unpinned {
    pub(super) fn from_spec(spec: &PackageSpec) -> Result<Self> {
        let wish = match spec.source.clone() {
            PackageSource::Local { path } => Wish::Local { path },
            PackageSource::Tarball { url, unrendered, name } => Wish::Tarball { url, unrendered, name },
            PackageSource::Git { url, unrendered, revision, subdirectory, warn_unpinned } => Wish::Git {
                url,
                unrendered,
                revisions: revision.into_iter().collect(),
                subdirectory,
                warn_unpinned,
            },
            PackageSource::Hub { package, versions, install_prerelease } => {
                let versions = Specifier::parse_all(&versions).map_err(|text| {
                    failed("package-version", format!("\"{text}\" is not a valid semantic version."))
                        .label(spec.span.clone(), "")
                        .help("write three numbers, as `1.3.0`, or conditions: `[\">=1.0.0\", \"<2.0.0\"]`")
                })?;
                Wish::Hub { package, versions, install_prerelease }
            }
            PackageSource::Private { repository } => {
                return Err(failed(
                    "package-private",
                    format!(
                        "Cannot resolve private package {repository} because git provider integration is missing. \
                         Please use a \"git\" package instead."
                    ),
                )
                .label(spec.span.clone(), "")
                .boxed());
            }
        };
        Ok(Self { wish, span: spec.span.clone() })
    }

    /// Names under which the same package may be known.
    fn names(&self) -> Vec<String> {
        match &self.wish {
            Wish::Local { path } => vec![path.clone()],
            Wish::Hub { package, .. } => vec![package.clone()],
            Wish::Tarball { url, .. } => vec![url.clone()],
            Wish::Git { url, subdirectory, .. } => {
                let other = url.strip_suffix(".git").map_or_else(|| format!("{url}.git"), str::to_owned);
                let below = |url: &str| match subdirectory {
                    Some(subdirectory) => format!("{url}/{subdirectory}"),
                    None => url.to_owned(),
                };
                vec![below(url), below(&other)]
            }
        }
    }

    fn kind(&self) -> &'static str {
        match self.wish {
            Wish::Local { .. } => "local package",
            Wish::Git { .. } => "git package",
            Wish::Hub { .. } => "hub package",
            Wish::Tarball { .. } => "tarball",
        }
    }

    fn join(&mut self, other: Self) -> Result<()> {
        match (&mut self.wish, other.wish.clone()) {
            (Wish::Local { .. }, Wish::Local { .. }) | (Wish::Tarball { .. }, Wish::Tarball { .. }) => Ok(()),
            (
                Wish::Git { revisions, warn_unpinned, .. },
                Wish::Git { revisions: more, warn_unpinned: warn, .. },
            ) => {
                revisions.extend(more);
                *warn_unpinned &= warn;
                Ok(())
            }
            (
                Wish::Hub { versions, install_prerelease, .. },
                Wish::Hub { versions: more, install_prerelease: pre, .. },
            ) => {
                versions.extend(more);
                *install_prerelease |= pre;
                Ok(())
            }
            _ => Err(failed(
                "package-kinds",
                format!(
                    "Cannot incorporate {} ({}) in {} ({}): mismatched types",
                    other.names()[0],
                    other.kind(),
                    self.names()[0],
                    self.kind()
                ),
            )
            .label(other.span, "")
            .boxed()),
        }
    }
}

/// Packages by name, in the order in which they were first asked for.
#[derive(Debug, Default)]
pub(super) struct Listing {
    packages: IndexMap<String, Unpinned>,
}

impl Listing {
    pub(super) fn add(&mut self, package: Unpinned) -> Result<&Unpinned> {
        let names = package.names();
        let name = names.iter().find(|name| self.packages.contains_key(*name)).unwrap_or(&names[0]).clone();
        match self.packages.entry(name) {
            indexmap::map::Entry::Occupied(entry) => {
                let known = entry.into_mut();
                known.join(package)?;
                Ok(known)
            }
            indexmap::map::Entry::Vacant(entry) => Ok(entry.insert(package)),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Unpinned> {
        self.packages.values()
    }
}
