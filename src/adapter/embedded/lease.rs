//! Locks among rsdbt processes: who may start the server, and who still uses it. The kernel lets go of them when a process
//! ends, however it ends, and nothing is left of them after a power loss.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::diagnostic::Result;

use super::io_failed;

/// Held while a server is looked for and started.
pub(super) fn starting(home: &Path) -> Result<File> {
    let file = open(&home.join("start.lock"))?;
    file.lock().map_err(|error| io_failed("lock", &home.join("start.lock"), &error))?;
    Ok(file)
}

/// Held by each process that uses the server. There are two locks, so that who finds itself the last user under the first
/// is not taken for one among others by the guardian, which waits for the second.
#[derive(Debug)]
pub(super) struct ServerLease {
    users: File,
    _guarded: File,
}

impl ServerLease {
    /// Waits for a server that is being stopped after its last user.
    pub(super) fn take(home: &Path) -> Result<Self> {
        Ok(Self { users: share(&home.join("users.lock"))?, _guarded: share(&home.join("guardian.lock"))? })
    }

    /// What the guardian locks to wait for the end of all users.
    pub(super) fn for_guardian(home: &Path) -> Result<File> {
        open(&home.join("guardian.lock"))
    }

    /// Whether nobody else uses the server; then nobody can begin to until this lease is dropped.
    pub(super) fn is_last(&self) -> bool {
        let _ = self.users.unlock();
        self.users.try_lock().is_ok()
    }

    pub(super) fn others_use_it(home: &Path) -> bool {
        let Ok(file) = open(&home.join("users.lock")) else { return false };
        matches!(file.try_lock(), Err(TryLockError::WouldBlock))
    }
}

fn share(path: &Path) -> Result<File> {
    let file = open(path)?;
    file.lock_shared().map_err(|error| io_failed("lock", path, &error))?;
    Ok(file)
}

fn open(path: &Path) -> Result<File> {
    let opened = OpenOptions::new().create(true).truncate(false).write(true).open(path);
    opened.map_err(|error| io_failed("open", path, &error))
}
