//! What `deps` was asked to do.

use std::path::PathBuf;

use crate::config::Renderer;
use crate::config::project_file::VersionCheck;

/// What `deps` was asked to do.
pub(crate) struct DepsRequest<'a> {
    pub project_directory: PathBuf,
    pub project_name: &'a str,
    /// Where packages are installed.
    pub install_directory: PathBuf,
    pub renderer: &'a dyn Renderer,
    pub version_check: VersionCheck,
    /// `--upgrade`: resolve anew.
    pub upgrade: bool,
    /// `--lock`: write the lock file only.
    pub lock_only: bool,
    /// The base of the hub's API.
    pub hub_url: String,
    /// Values that must not get into the lock file or a message.
    pub secrets: Vec<String>,
}
