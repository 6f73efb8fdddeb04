//! `deps`: packages are resolved, written to the lock file and installed.
//!
//! Nothing is printed here: what happens is told to the caller as [`DepsEvent`]s.

mod add;
mod archive;
mod download;
mod event;
mod failure;
mod git;
mod hub;
mod install;
mod install_folder;
mod lock;
mod metadata;
mod pinned;
mod request;
mod resolve;
mod unpinned;

use crate::config::packages::PackagesFile;
use crate::diagnostic::Result;

pub(crate) use add::{AddPackage, PackageOrigin, add_package};
pub(crate) use event::DepsEvent;
use failure::{failed, scrub};
pub(crate) use request::DepsRequest;

/// The package index that is used unless `DBT_PACKAGE_HUB_URL` names another.
pub(crate) const HUB_URL: &str = "https://hub.getdbt.com/";

/// Resolves where the lock file is missing or out of date, then installs what it names.
pub(crate) fn deps(request: &DepsRequest<'_>, emit: &mut dyn FnMut(DepsEvent)) -> Result<()> {
    let asked = PackagesFile::read(&request.project_directory, "", request.renderer)?;
    let downloads = download::Downloads::new(request)?;
    let locked = PackagesFile::read_lock(&request.project_directory, request.renderer)?;
    let is_current = locked
        .as_ref()
        .is_some_and(|locked| locked.lock_hash.as_deref() == Some(lock::hash(&asked.packages).as_str()));
    if request.upgrade || !is_current {
        lock::write(request, &asked, &downloads, emit)?;
    }
    if request.lock_only {
        return Ok(());
    }
    install::install(request, &downloads, emit)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use serde_json::Value as Json;

    use super::*;
    use crate::config::Renderer;
    use crate::config::project_file::VersionCheck;
    use crate::diagnostic::Span;

    struct Plain;

    impl Renderer for Plain {
        fn render(&self, text: &str, _: Span) -> Result<Json> {
            Ok(text.into())
        }
    }

    fn write(path: &Path, text: &str) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn run(request: &DepsRequest<'_>) -> Result<Vec<String>> {
        let mut messages = Vec::new();
        deps(request, &mut |event| messages.push(event.message()))?;
        Ok(messages)
    }

    #[test]
    fn local_and_git_packages_are_locked_and_installed() {
        let base = std::env::temp_dir().join(format!("rsdbt-deps-{}", std::process::id()));
        let repository = base.join("gitpkg");
        write(&base.join("root/dbt_project.yml"), "name: root\n");
        write(&base.join("local1/dbt_project.yml"), "name: local1\n");
        write(&base.join("local1/packages.yml"), "packages:\n  - local: ../local2\n");
        write(&base.join("local2/dbt_project.yml"), "name: local2\n");
        write(&repository.join("sub/dbt_project.yml"), "name: subpkg\n");
        for arguments in [
            &["init", "-q", "."][..],
            &["add", "-A"],
            &["-c", "user.email=a@b", "-c", "user.name=a", "commit", "-qm", "x"],
            &["tag", "v1"],
        ] {
            let status = Command::new("git").args(arguments).current_dir(&repository).status().unwrap();
            assert!(status.success());
        }
        let packages = format!(
            "packages:\n  - local: ../local1\n  - git: file://{}\n    subdirectory: sub\n    revision: v1\n",
            repository.display()
        );
        write(&base.join("root/packages.yml"), &packages);
        let request = DepsRequest {
            project_directory: base.join("root"),
            project_name: "root",
            install_directory: base.join("root/dbt_packages"),
            renderer: &Plain,
            version_check: VersionCheck::Enforced,
            upgrade: false,
            lock_only: false,
            hub_url: "http://127.0.0.1:9/".to_owned(),
            secrets: Vec::new(),
        };
        let messages = run(&request).unwrap();
        assert!(messages[0].starts_with("Updating lock file"), "{messages:?}");
        assert!(messages.contains(&"Installed from <local @ ../local2>".to_owned()));
        assert!(messages.contains(&"and subdirectory sub".to_owned()));
        for name in ["local1", "local2", "subpkg"] {
            assert!(base.join("root/dbt_packages").join(name).join("dbt_project.yml").is_file());
        }
        let lock = std::fs::read_to_string(base.join("root/package-lock.yml")).unwrap();
        assert!(lock.contains("    name: subpkg\n    revision: "), "{lock}");
        assert!(!run(&request).unwrap()[0].starts_with("Updating lock file"));

        write(
            &base.join("root/packages.yml"),
            "packages:\n  - package: dbt-labs/dbt_utils\n    version: 1.0.0\n",
        );
        let problem = run(&request).unwrap_err();
        assert!(problem.message.contains("cannot download the package dbt-labs/dbt_utils"), "{problem}");
        std::fs::remove_dir_all(&base).unwrap();
    }
}
