//! Where a process works, as far as the system tells.

use std::io;
use std::path::Path;

/// Whether the process has a folder of this place as its own, as each process of a server has its data directory. `None`
/// where that cannot be found out.
pub(super) fn runs_in(pid: i32, folder: &Path) -> Option<bool> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    match std::fs::read_link(format!("/proc/{pid}/cwd")) {
        Ok(place) => Some(folder.canonicalize().is_ok_and(|folder| folder == place)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some(false),
        Err(_) => None,
    }
}
