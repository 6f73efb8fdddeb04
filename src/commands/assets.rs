//! `asset-paths`: folders that go along with the documentation page.

use std::path::{Component, Path};

use super::session::Session;
use crate::diagnostic::{Diagnostic, Result};
use crate::output::unwritten;

/// Copies each folder to its place below the target directory.
pub(super) fn copy(session: &Session<'_>) -> Result<()> {
    let root = &session.invocation.project_directory;
    for asset in &session.project.root.file.paths.assets {
        let inside = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
        let relative: std::path::PathBuf =
            Path::new(asset).components().filter(|part| *part != Component::CurDir).collect();
        if !relative.components().all(inside) || relative.as_os_str().is_empty() {
            return Err(refused(asset, "is not a folder inside the project"));
        }
        let (from, to) = (root.join(&relative), session.target_directory.join(&relative));
        if !from.is_dir() {
            continue;
        }
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if real(&session.target_directory).starts_with(real(&from)) {
            return Err(refused(asset, "holds the target directory"));
        }
        if is_ours(session) {
            crate::output::remove(&to, &session.target_directory).map_err(|error| unwritten(&to, &error))?;
        }
        if real(&from) != real(&to) {
            copy_folder(&from, &to)?;
        }
    }
    Ok(())
}

/// Whether nothing but artifacts is below the target directory: it holds no folder that users write to, and lies in none.
fn is_ours(session: &Session<'_>) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let root = real(&session.invocation.project_directory);
    let target = real(&session.target_directory);
    let paths = &session.project.root.file.paths;
    let mut written = paths.all_sources();
    written.extend(paths.docs.iter().chain(&paths.assets).cloned());
    let written = written.iter().map(|folder| real(&root.join(folder)));
    target.starts_with(&root)
        && target != root
        && written.into_iter().all(|folder| !folder.starts_with(&target) && !target.starts_with(&folder))
}

fn refused(asset: &str, why: &str) -> Box<Diagnostic> {
    Diagnostic::runtime("asset-path", format!("the asset path `{asset}` {why}"))
        .help("`asset-paths` lists folders below the project, as in `asset-paths: [assets]`")
        .boxed()
}

/// Copies regular files; links to files count as what they point to.
fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    let unreadable = |error: std::io::Error| {
        Diagnostic::runtime("unreadable-file", format!("cannot read {}: {error}", from.display())).boxed()
    };
    crate::output::make_folder(to).map_err(|error| unwritten(to, &error))?;
    for entry in std::fs::read_dir(from).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let target = to.join(entry.file_name());
        if entry.file_type().map_err(unreadable)?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else if entry.path().is_file() {
            let content = crate::regular::read(&entry.path()).map_err(unreadable)?;
            super::artifact::write(&target, content)?;
        }
    }
    Ok(())
}
