//! The folder of installed packages. Others may keep files where a project file points: only packages are removed from it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::config::packages::LOCK_FILE;
use crate::config::project_file::PROJECT_FILE;
use crate::diagnostic::Result;

use super::failure::io;
use super::{DepsRequest, failed};

/// Names what `deps` has put into a folder, one a line.
const INSTALLED: &str = ".rsdbt-installed";

/// dbt's folder: nobody keeps anything else there.
const USUAL: &str = "dbt_packages";

/// The folder while packages are put into it.
#[derive(Debug)]
pub(super) struct InstallFolder {
    path: PathBuf,
    installed: String,
    is_usual: bool,
}

impl InstallFolder {
    /// Removes the packages of earlier installations, or refuses a folder that holds anything else.
    pub(super) fn clear(request: &DepsRequest<'_>) -> Result<Self> {
        let given = &request.install_directory;
        let (path, is_linked) = match fs::symlink_metadata(given) {
            Err(_) => {
                crate::output::make_folders(given).map_err(|problem| io(given, &problem))?;
                return Ok(Self {
                    path: given.clone(),
                    installed: String::new(),
                    is_usual: given.ends_with(USUAL),
                });
            }
            Ok(data) if data.is_symlink() => (linked(given)?, true),
            Ok(data) if data.is_dir() => (given.clone(), false),
            Ok(_) => return Err(refused(given, "is not a folder")),
        };
        let is_usual = path.ends_with(USUAL) && !is_linked;
        let folder = Self { path: path.clone(), installed: String::new(), is_usual };
        let project = &request.project_directory;
        if project.starts_with(&path) || project.canonicalize().is_ok_and(|real| real.starts_with(&path)) {
            return Err(refused(&path, "holds the project itself"));
        }
        let unfinished = installed_packages(request);
        // what a link leads to may be anybody's: there only what was noted when it was put there is ours
        let known = if is_linked { unfinished.clone() } else { known_packages(request, &unfinished) };
        let mut packages = Vec::new();
        let mut others = Vec::new();
        for entry in fs::read_dir(&path).map_err(|problem| io(&path, &problem))?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
            let is_noted = unfinished.contains(&name) || is_usual && known.contains(&name);
            let is_unfinished = is_noted && entry.path().is_dir();
            let is_package = is_link || is_unfinished || entry.path().join(PROJECT_FILE).is_file();
            let is_ours = is_usual || known.contains(&name);
            match (is_package && is_ours, name.starts_with('.')) {
                (true, _) => packages.push((entry.path(), is_link)),
                (false, true) => {}
                (false, false) => others.push(name),
            }
        }
        if let Some(other) = others.iter().min() {
            return Err(refused(&path, &format!("holds `{other}`, which `rsdbt deps` did not install")));
        }
        for (package, is_link) in packages {
            let removed = if is_link {
                crate::output::remove_link(&package)
            } else {
                crate::output::remove(&package, &path)
            };
            removed.map_err(|problem| io(&package, &problem))?;
        }
        Ok(folder)
    }

    /// Notes a package before it is put there.
    pub(super) fn add(&mut self, name: &str) -> Result<()> {
        self.installed.push_str(name);
        self.installed.push('\n');
        let path = self.path.join(INSTALLED);
        crate::output::write(&path, &self.installed).map_err(|problem| io(&path, &problem))
    }

    /// In dbt's own folder all packages are ours once they are whole, and need no note.
    pub(super) fn finish(self) -> Result<()> {
        if !self.is_usual {
            return Ok(());
        }
        let path = self.path.join(INSTALLED);
        crate::output::remove(&path, &self.path).map_err(|problem| io(&path, &problem))
    }
}

/// What a link of the project's leads to, made by us or by root: a cache on another disk.
fn linked(link: &Path) -> Result<PathBuf> {
    if let Some(problem) = crate::output::dangling(link) {
        return Err(io(link, &problem));
    }
    if !crate::output::is_own_link(link) {
        return Err(refused(link, "is a symbolic link of another user"));
    }
    match link.canonicalize() {
        Ok(path) if path.is_dir() => Ok(path),
        Ok(_) => Err(refused(link, "is a symbolic link to a file, not to a folder")),
        Err(problem) => Err(io(link, &problem)),
    }
}

/// What `deps` has put there, or had begun to.
fn installed_packages(request: &DepsRequest<'_>) -> Vec<String> {
    let text = crate::regular::read_to_string(&request.install_directory.join(INSTALLED)).unwrap_or_default();
    text.lines().map(|name| name.trim().to_owned()).collect()
}

/// These, and what the lock file names: dbt may have installed it.
fn known_packages(request: &DepsRequest<'_>, installed: &[String]) -> Vec<String> {
    let lock = crate::regular::read_to_string(&request.project_directory.join(LOCK_FILE)).unwrap_or_default();
    let locked = lock.lines().filter_map(|line| line.trim_start_matches([' ', '-']).strip_prefix("name: "));
    installed.iter().cloned().chain(locked.map(|name| name.trim().to_owned())).collect()
}

fn refused(path: &Path, why: &str) -> Box<crate::diagnostic::Diagnostic> {
    failed("packages-folder", format!("cannot install packages into {}: it {why}", path.display()))
        .help("name a folder of its own as `packages-install-path`, or remove what it holds yourself")
        .boxed()
}
