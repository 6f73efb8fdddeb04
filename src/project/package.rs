//! The root project and its packages: their files and settings.

use std::path::PathBuf;

use crate::config::ProjectFile;

use super::files::PackageFiles;

/// The root project and all installed packages.
#[derive(Debug)]
pub(crate) struct Project {
    pub root: Package,
    /// Sorted by directory name, as they lie in `packages-install-path`.
    pub packages: Vec<Package>,
}

/// A project or an installed package.
#[derive(Debug)]
pub(crate) struct Package {
    pub directory: PathBuf,
    pub file: ProjectFile,
    pub files: PackageFiles,
}

impl Package {
    pub(crate) fn name(&self) -> &str {
        &self.file.name
    }
}

impl Project {
    /// The root first, then the packages.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Package> {
        std::iter::once(&self.root).chain(&self.packages)
    }

    pub(crate) fn package(&self, name: &str) -> Option<&Package> {
        self.all().find(|package| package.name() == name)
    }
}
