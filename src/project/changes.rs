//! Whether files of the project have changed since they were read.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::time::SystemTime;

use super::{Package, Project, walk};

/// What stands beside the folders that are walked.
const FILES: [&str; 7] = [
    "dbt_project.yml",
    "dependencies.yml",
    "jobs.yaml",
    "jobs.yml",
    "package-lock.yml",
    "packages.yml",
    "selectors.yml",
];

/// A number that is another one when files were added, removed or written: their names, sizes and times.
pub(crate) fn stamp(project: &Project, more: &[&Path]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for package in project.all() {
        stamp_package(package, &mut hasher);
    }
    for path in more {
        stamp_file(path, &mut hasher);
    }
    hasher.finish()
}

fn stamp_package(package: &Package, hasher: &mut DefaultHasher) {
    for name in FILES {
        stamp_file(&package.directory.join(name), hasher);
    }
    // a folder that cannot be read is an error of whoever reads it
    let found = walk::find(&package.directory, &package.file.paths).unwrap_or_default();
    for file in &found {
        stamp_file(&file.absolute_path, hasher);
    }
}

fn stamp_file(path: &Path, hasher: &mut DefaultHasher) {
    let known = std::fs::metadata(path).ok();
    let written = known.as_ref().and_then(|known| known.modified().ok()).unwrap_or(SystemTime::UNIX_EPOCH);
    (path, known.map(|known| known.len()), written).hash(hasher);
}
