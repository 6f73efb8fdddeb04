//! What `deps` tells while it works, in dbt's words.

use std::path::PathBuf;

/// One line of output; [`DepsEvent::name`] is dbt's name of the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DepsEvent {
    NoPackages,
    LockUpdating {
        path: PathBuf,
    },
    Installing {
        name: String,
    },
    Installed {
        version: String,
    },
    UpdateAvailable {
        version: String,
    },
    UpToDate,
    Subdirectory {
        path: String,
    },
    UpdatesAvailable {
        packages: Vec<String>,
    },
    Added {
        name: String,
        version: String,
        path: PathBuf,
    },
    DuplicateRemoved {
        package: String,
    },
    /// A warning.
    Unpinned {
        url: String,
        revision: String,
    },
    /// A warning.
    SecretScrubbed {
        package: String,
    },
}

impl DepsEvent {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::NoPackages => "DepsNoPackagesFound",
            Self::LockUpdating { .. } => "DepsLockUpdating",
            Self::Installing { .. } => "DepsStartPackageInstall",
            Self::Installed { .. } => "DepsInstallInfo",
            Self::UpdateAvailable { .. } => "DepsUpdateAvailable",
            Self::UpToDate => "DepsUpToDate",
            Self::Subdirectory { .. } => "DepsListSubdirectory",
            Self::UpdatesAvailable { .. } => "DepsNotifyUpdatesAvailable",
            Self::Added { .. } => "DepsAddPackage",
            Self::DuplicateRemoved { .. } => "DepsFoundDuplicatePackage",
            Self::Unpinned { .. } => "DepsUnpinned",
            Self::SecretScrubbed { .. } => "DepsScrubbedPackageName",
        }
    }

    pub(crate) fn is_warning(&self) -> bool {
        matches!(self, Self::Unpinned { .. } | Self::SecretScrubbed { .. })
    }

    pub(crate) fn message(&self) -> String {
        match self {
            Self::NoPackages => "Warning: No packages were found in packages.yml".to_owned(),
            Self::LockUpdating { path } => format!("Updating lock file in file path: {}", path.display()),
            Self::Installing { name } => format!("Installing {name}"),
            Self::Installed { version } => format!("Installed from {version}"),
            Self::UpdateAvailable { version } => format!("Updated version available: {version}"),
            Self::UpToDate => "Up to date!".to_owned(),
            Self::Subdirectory { path } => format!("and subdirectory {path}"),
            Self::UpdatesAvailable { packages } => format!(
                "Updates available for packages: {packages:?}\n\
                 Update your versions in packages.yml, then run dbt deps"
            ),
            Self::Added { name, version, path } => {
                format!("Added new package {name}@{version} to {}", path.display())
            }
            Self::DuplicateRemoved { package } => {
                format!("Found duplicate package in packages.yml, removing: {package}")
            }
            Self::Unpinned { url, revision } => {
                let how = if revision == "HEAD" {
                    "not pinned, using HEAD (default branch)".to_owned()
                } else {
                    format!("pinned to the \"{revision}\" branch")
                };
                format!(
                    "The git package \"{url}\" \n\tis {how}.\n\tThis can introduce \
                     breaking changes into your project without warning!"
                )
            }
            Self::SecretScrubbed { package } => format!(
                "Detected secret env var in {package}. dbt will write a scrubbed representation to the lock file. \
                 This will cause issues with subsequent 'dbt deps' using the lock file, requiring 'dbt deps --upgrade'"
            ),
        }
    }
}
