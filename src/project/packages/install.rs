//! Puts every package of the lock file into the install directory.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::config::packages::PackagesFile;
use crate::config::project_file::PROJECT_FILE;
use crate::diagnostic::{Result, Span};

use super::download::Downloads;
use super::failure::io;
use super::install_folder::InstallFolder;
use super::pinned::Pinned;
use super::unpinned::{Listing, Unpinned};
use super::{DepsEvent, DepsRequest, archive, failed, hub};

pub(super) fn install(
    request: &DepsRequest<'_>,
    downloads: &Downloads,
    emit: &mut dyn FnMut(DepsEvent),
) -> Result<()> {
    let lock = PackagesFile::read_lock(&request.project_directory, request.renderer)?;
    let packages = lock.map(|lock| lock.packages).unwrap_or_default();
    let mut folder = InstallFolder::clear(request)?;
    if packages.is_empty() {
        emit(DepsEvent::NoPackages);
        return Ok(());
    }
    let mut listing = Listing::default();
    for spec in &packages {
        listing.add(Unpinned::from_spec(spec)?)?;
    }
    let mut outdated = Vec::new();
    for package in listing.iter() {
        let pinned = Pinned::settle(package, request, downloads, emit)?;
        emit(DepsEvent::Installing { name: pinned.name() });
        put(&pinned, request, &mut folder, downloads, &package.span)?;
        emit(DepsEvent::Installed { version: pinned.version_name() });
        match &pinned {
            Pinned::Hub { package, version, latest } if version != latest => {
                emit(DepsEvent::UpdateAvailable { version: latest.clone() });
                outdated.push(package.clone());
            }
            Pinned::Hub { .. } => emit(DepsEvent::UpToDate),
            Pinned::Git { subdirectory: Some(path), .. } => {
                emit(DepsEvent::Subdirectory { path: path.clone() });
            }
            _ => {}
        }
    }
    folder.finish()?;
    if !outdated.is_empty() {
        emit(DepsEvent::UpdatesAvailable { packages: outdated });
    }
    Ok(())
}

fn put(
    package: &Pinned,
    request: &DepsRequest<'_>,
    folder: &mut InstallFolder,
    downloads: &Downloads,
    span: &Span,
) -> Result<()> {
    let name = package.metadata(request, downloads, span)?.name;
    let target = target_of(request, &name, span)?;
    folder.add(&name)?;
    match package {
        Pinned::Local { path } => {
            let source = request.project_directory.join(path);
            let source = source.canonicalize().map_err(|problem| io(&source, &problem))?;
            link(&source, &target)
                .or_else(|_| copy(&source, &target))
                .map_err(|problem| io(&target, &problem))
        }
        Pinned::Git { checkout, .. } => copy(checkout, &target).map_err(|problem| io(&target, &problem)),
        Pinned::Tarball { directory, .. } => {
            copy(directory, &target).map_err(|problem| io(&target, &problem))
        }
        Pinned::Hub { package, version, .. } => {
            let unpacked = hub::unpack(request, downloads, package, version, span)?;
            copy(&unpacked, &target).map_err(|problem| io(&target, &problem))
        }
    }
}

/// A package's name must not lead out of the install directory.
fn target_of(request: &DepsRequest<'_>, name: &str, span: &Span) -> Result<PathBuf> {
    let mut parts = Path::new(name).components();
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(_)), None) => Ok(request.install_directory.join(name)),
        _ => Err(failed(
            "package-name",
            format!(
                "Invalid package name '{name}': resolves outside of the packages-install-path ('{}')",
                request.install_directory.display()
            ),
        )
        .label(span.clone(), "")
        .boxed()),
    }
}

#[cfg(unix)]
fn link(source: &Path, target: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(source, target)
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// Its project file last: without one a folder is no package, and what an interrupt has left is not taken for a whole one.
fn copy(source: &Path, target: &Path) -> std::io::Result<()> {
    let mut project_file = None;
    for entry in walkdir::WalkDir::new(source) {
        let entry = entry?;
        let relative = entry.path().strip_prefix(source).unwrap_or(entry.path());
        let place = target.join(relative);
        if entry.file_type().is_dir() {
            fs::create_dir_all(&place)?;
        } else if let Some(file) = archive::regular_inside(entry.path(), source) {
            if relative == Path::new(PROJECT_FILE) {
                project_file = Some((file, place));
            } else {
                fs::copy(file, &place)?;
            }
        }
    }
    project_file.map_or(Ok(()), |(file, place)| fs::copy(file, place).map(drop))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_copied_in_part_has_no_project_file() {
        let scratch = crate::output::Scratch::new().unwrap();
        let (source, target) = (scratch.path().join("source"), scratch.path().join("target"));
        for path in ["a/a.sql", "dbt_project.yml", "z/z.sql"] {
            fs::create_dir_all(source.join(path).parent().unwrap()).unwrap();
            fs::write(source.join(path), "x").unwrap();
        }
        for hindered in ["a/a.sql", "z/z.sql"] {
            fs::create_dir_all(target.join(hindered)).unwrap();
            copy(&source, &target).unwrap_err();
            assert!(!target.join(PROJECT_FILE).exists(), "{hindered}");
            fs::remove_dir_all(&target).unwrap();
        }
        copy(&source, &target).unwrap();
        assert!(target.join(PROJECT_FILE).is_file() && target.join("z/z.sql").is_file());
    }
}
