//! The closure of all packages: each round settles what the last one asked for.

use crate::config::packages::PackageSpec;
use crate::diagnostic::{Result, Span};
use crate::hashed::HashSet;

use super::download::Downloads;
use super::pinned::Pinned;
use super::unpinned::{Listing, Unpinned};
use super::{DepsEvent, DepsRequest, failed};

/// Every package that is needed, with the name of its project.
pub(super) fn resolve(
    request: &DepsRequest<'_>,
    asked: &[PackageSpec],
    downloads: &Downloads,
    emit: &mut dyn FnMut(DepsEvent),
) -> Result<Vec<(Pinned, String)>> {
    let mut pending = asked.to_vec();
    let mut all = Listing::default();
    while !pending.is_empty() {
        let mut round = Listing::default();
        for spec in &pending {
            round.add(Unpinned::from_spec(spec)?)?;
        }
        pending = Vec::new();
        for package in round.iter() {
            let package = all.add(package.clone())?;
            let pinned = Pinned::settle(package, request, downloads, &mut |_| {})?;
            pending.extend(pinned.metadata(request, downloads, &package.span)?.packages);
        }
    }
    let mut resolved: Vec<(Pinned, String)> = Vec::new();
    let mut names = HashSet::default();
    for package in all.iter() {
        let pinned = Pinned::settle(package, request, downloads, emit)?;
        let name = pinned.metadata(request, downloads, &package.span)?.name;
        check_name(&name, request, names.insert(name.clone()), &package.span)?;
        resolved.push((pinned, name));
    }
    Ok(resolved)
}

fn check_name(name: &str, request: &DepsRequest<'_>, is_new: bool, span: &Span) -> Result<()> {
    let message = if !is_new {
        format!(
            "Found duplicate project \"{name}\". This occurs when a dependency has the same project name as some \
             other dependency."
        )
    } else if name == request.project_name {
        format!(
            "Found a dependency with the same name as the root project \"{name}\". Package names must be unique in a \
             project. Please rename one of these packages."
        )
    } else {
        return Ok(());
    };
    Err(failed("package-name-twice", message).label(span.clone(), "").boxed())
}
