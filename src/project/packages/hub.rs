//! Packages of the hub: its index, the versions that fit, and their archives.

use std::path::PathBuf;

use serde_json::Value as Json;

use crate::config::DBT_VERSION;
use crate::config::project_file::VersionCheck;
use crate::config::semver::{Specifier, Version, python_list, satisfiable};
use crate::diagnostic::{Result, Span, did_you_mean};

use super::download::Downloads;
use super::metadata::{Metadata, specs_of};
use super::{DepsRequest, failed};

/// The version to install, and the newest that could be.
pub(super) struct Choice {
    pub(super) version: String,
    pub(super) latest: String,
}

pub(super) fn choose(
    request: &DepsRequest<'_>,
    downloads: &Downloads,
    package: &str,
    wanted: &[Specifier],
    install_prerelease: bool,
    span: &Span,
) -> Result<Choice> {
    check_index(request, downloads, package, span)?;
    let shown = python_list(wanted);
    if !satisfiable(wanted) {
        return Err(failed(
            "package-version",
            format!("Version error for package {package}: Could not find a satisfactory version from options: {shown}"),
        )
        .label(span.clone(), "")
        .boxed());
    }
    let document = document(request, downloads, package, span)?;
    let with_prereleases = install_prerelease || wanted.iter().any(|wish| wish.version.prerelease.is_some());
    let mut versions: Vec<(Version, &String)> = document
        .get("versions")
        .and_then(Json::as_object)
        .into_iter()
        .flatten()
        .filter(|(_, info)| request.version_check == VersionCheck::Skipped || is_compatible(info))
        .filter_map(|(text, _)| Some((Version::parse(text)?, text)))
        .filter(|(version, _)| with_prereleases || version.prerelease.is_none())
        .collect();
    versions.sort_by(|(left, _), (right, _)| left.cmp(right));
    let fitting = versions.iter().rev().find(|(version, _)| wanted.iter().all(|wish| wish.allows(version)));
    match (fitting, versions.last()) {
        (Some((_, version)), Some((_, latest))) => {
            Ok(Choice { version: (*version).clone(), latest: (*latest).clone() })
        }
        _ => {
            let available: Vec<&String> = versions.iter().map(|(_, text)| *text).collect();
            let available = python_list(&available);
            Err(failed(
                "package-version",
                format!(
                    "Could not find a matching compatible version for package {package}\n\
                     \x20 Requested range: {shown}\n  Compatible versions: {available}"
                ),
            )
            .label(span.clone(), "")
            .help("versions for another dbt are not shown; `--no-version-check` includes them")
            .boxed())
        }
    }
}

pub(super) fn metadata(
    request: &DepsRequest<'_>,
    downloads: &Downloads,
    package: &str,
    version: &str,
    span: &Span,
) -> Result<Metadata> {
    let document = document(request, downloads, package, span)?;
    let info = document.get("versions").and_then(|versions| versions.get(version)).unwrap_or(&Json::Null);
    let name =
        info.get("name").and_then(Json::as_str).or_else(|| package.rsplit('/').next()).unwrap_or(package);
    let packages = specs_of(info.get("packages").unwrap_or(&Json::Null), &format!("packages of {package}"))?;
    Ok(Metadata { name: name.to_owned(), packages })
}

pub(super) fn unpack(
    request: &DepsRequest<'_>,
    downloads: &Downloads,
    package: &str,
    version: &str,
    span: &Span,
) -> Result<PathBuf> {
    let document = document(request, downloads, package, span)?;
    let path = ["versions", version, "downloads", "tarball"];
    let url = path.iter().try_fold(&document, |value, key| value.get(key)).and_then(Json::as_str);
    let Some(url) = url else {
        return Err(failed("package-download", format!("the hub names no archive for {package} {version}"))
            .label(span.clone(), "")
            .boxed());
    };
    downloads.unpack_tarball(url, &format!("{}.{version}", package.replace('/', ".")), span)
}

fn document(request: &DepsRequest<'_>, downloads: &Downloads, package: &str, span: &Span) -> Result<Json> {
    downloads.json(&url(request, package), package, span)
}

fn url(request: &DepsRequest<'_>, name: &str) -> String {
    format!("{}/api/v1/{name}.json", request.hub_url.trim_end_matches('/'))
}

fn check_index(request: &DepsRequest<'_>, downloads: &Downloads, package: &str, span: &Span) -> Result<()> {
    let index = downloads.json(&url(request, "index"), package, span)?;
    let names: Vec<&str> = index.as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    if names.contains(&package) {
        return Ok(());
    }
    Err(failed("package-unknown", format!("Package {package} was not found in the package index"))
        .label(span.clone(), "")
        .maybe_help(did_you_mean(package, names))
        .boxed())
}

/// Whether a version says that it works with the dbt that is emulated.
fn is_compatible(info: &Json) -> bool {
    let texts: Vec<String> = match info.get("require_dbt_version") {
        Some(Json::Array(items)) => items.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
        Some(Json::String(text)) => vec![text.clone()],
        _ => return true,
    };
    let (Ok(wanted), Some(installed)) = (Specifier::parse_all(&texts), Version::parse(DBT_VERSION)) else {
        return false;
    };
    wanted.iter().all(|wish| wish.allows(&installed))
}
