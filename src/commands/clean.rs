//! `rsdbt clean`: deletes the folders of `clean-targets`.

use std::path::{Component, Path, PathBuf};

use super::bare_renderer::BareRenderer;
use super::invocation::Invocation;
use super::{CommandResult, Outcome};
use crate::config::ProjectFile;
use crate::config::project_file::VersionCheck;
use crate::diagnostic::{Diagnostic, Result};
use crate::options::table::CLEAN_PROJECT_FILES_ONLY;
use crate::run::Event;

pub(super) fn run(invocation: &Invocation) -> CommandResult {
    let raw = invocation.raw_project()?;
    let renderer = BareRenderer::new(invocation, None)?.lenient();
    let file = raw.render(&renderer, VersionCheck::Skipped, &mut Vec::new())?;
    let targets = &file.clean_targets;
    if targets.iter().any(|target| target == "dbt_modules") && !targets.contains(&file.packages_install_path)
    {
        invocation.emitter.warn(Diagnostic::warning(
            "PackageInstallPathDeprecation",
            "The default package install path has changed from `dbt_modules` to `dbt_packages`. Please update \
             `clean-targets` in `dbt_project.yml` and check `.gitignore` as well. Or, set `packages-install-path: dbt_modules` \
             if you'd like to keep the current value.",
        ))?;
    }
    let root = normal(&invocation.project_directory);
    let targets: Vec<(String, PathBuf)> =
        file.clean_targets.iter().map(|target| (target.clone(), normal(&root.join(target)))).collect();
    let written: Vec<String> = targets
        .iter()
        .filter(|(_, path)| is_protected(path, &root, &file) && path.starts_with(&root) && *path != root)
        .map(|(_, path)| format!("'{}'", path.display()))
        .collect();
    if !written.is_empty() {
        return Err(Diagnostic::runtime(
            "clean-sources",
            format!("dbt will not clean the following source paths: [{}]", written.join(", ")),
        )
        .help("take them out of `clean-targets`: they hold what you wrote")
        .into());
    }
    if invocation.flags.is(&CLEAN_PROJECT_FILES_ONLY) {
        let outside: Vec<&str> = targets
            .iter()
            .filter(|(_, path)| !path.starts_with(&root))
            .map(|(target, _)| target.as_str())
            .collect();
        if !outside.is_empty() {
            return Err(Diagnostic::runtime(
                "clean-outside",
                format!(
                    "dbt will not clean the following directories outside the project: [{}]",
                    outside.iter().map(|target| format!("'{target}'")).collect::<Vec<_>>().join(", ")
                ),
            )
            .help("pass --no-clean-project-files-only to delete them all the same")
            .into());
        }
    }
    for (target, path) in targets {
        invocation.emitter.emit(Event::CheckCleanPath { path: target.clone() });
        // dbt deletes folders only, and says nothing of it
        let is_other =
            std::fs::symlink_metadata(&path).is_ok_and(|data| !data.is_dir() && !data.is_symlink());
        if is_other {
            let warning = Diagnostic::warning(
                "CleanTargetNotFolder",
                format!("`{target}` is not a folder: `clean` has left it"),
            )
            .help("name its folder in `clean-targets`, or delete it yourself");
            invocation.emitter.warn(warning)?;
            continue;
        }
        if is_protected(&path, &root, &file) || link_of(&path, &root).is_some() {
            invocation.emitter.emit(Event::ProtectedCleanPath { path: target });
            if let Some(link) = link_of(&path, &root) {
                invocation.emitter.emit(Event::Note { msg: not_through(&link) });
            }
            continue;
        }
        remove(&path, &root)?;
        invocation.emitter.emit(Event::ConfirmCleanPath { path: target });
    }
    invocation.emitter.emit(Event::FinishedCleanPaths {});
    Ok(Outcome::Success)
}

/// Folders that hold what users wrote, what contains them and what is below them.
fn is_protected(path: &Path, root: &Path, file: &ProjectFile) -> bool {
    let written = file
        .paths
        .all_sources()
        .into_iter()
        .chain(file.paths.docs.clone())
        .chain(file.paths.assets.clone())
        .chain([".git".to_owned()])
        .map(|folder| normal(&root.join(&folder)))
        .chain([root.to_path_buf()]);
    let real = path.canonicalize();
    let holds = |path: &Path, folder: &Path, root: &Path| {
        folder.starts_with(path) || (folder != root && path.starts_with(folder))
    };
    written.into_iter().any(|folder| {
        holds(path, &folder, root)
            || matches!((&real, folder.canonicalize(), root.canonicalize()), (Ok(real), Ok(folder), Ok(root)) if holds(real, &folder, &root))
    })
}

/// The path, where it is a link, or what it leads through that is one, below the project.
fn link_of(path: &Path, root: &Path) -> Option<PathBuf> {
    let is_link = |path: &Path| std::fs::symlink_metadata(path).is_ok_and(|data| data.is_symlink());
    path.ancestors()
        .take_while(|part| *part != root)
        .take(if path.starts_with(root) { usize::MAX } else { 1 })
        .find(|part| is_link(part))
        .map(Path::to_path_buf)
}

fn not_through(link: &Path) -> String {
    let to = std::fs::read_link(link).unwrap_or_default();
    format!(
        "  {} is a symbolic link to {}, and nothing is deleted through links: empty that folder yourself, or remove the link",
        link.display(),
        to.display()
    )
}

fn remove(path: &Path, root: &Path) -> Result<()> {
    let below = if path.starts_with(root) { root } else { path.parent().unwrap_or(root) };
    crate::output::remove(path, below).map_err(|error| {
        Diagnostic::runtime("clean-failed", format!("cannot delete {}: {error}", path.display())).boxed()
    })
}

/// The path without `.` and `..`, whether it exists or not.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}
