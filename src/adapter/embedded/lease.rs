//! Locks among rsdbt processes: who may start the server, and who still uses it.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::diagnostic::Result;

use super::io_failed;

/// Held while a server is looked for and started; the lock ends with the process.
pub(super) fn starting(home: &Path) -> Result<File> {
    let file = open(&home.join("start.lock"))?;
    file.lock().map_err(|error| io_failed("lock", &home.join("start.lock"), &error))?;
    Ok(file)
}

/// Held by each process that uses the server.
#[derive(Debug)]
pub(super) struct Lease(File);

impl Lease {
    pub(super) fn take(home: &Path) -> Result<Self> {
        let path = home.join("lease.lock");
        let file = open(&path)?;
        file.lock_shared().map_err(|error| io_failed("lock", &path, &error))?;
        Ok(Self(file))
    }

    /// Waits until nobody else uses the server.
    pub(super) fn wait_for_others(&self) {
        let _ = self.0.unlock();
        let _ = self.0.lock();
    }

    pub(super) fn others_use_it(home: &Path) -> bool {
        let Ok(file) = open(&home.join("lease.lock")) else { return false };
        matches!(file.try_lock(), Err(TryLockError::WouldBlock))
    }
}

fn open(path: &Path) -> Result<File> {
    let opened = OpenOptions::new().create(true).truncate(false).write(true).open(path);
    opened.map_err(|error| io_failed("open", path, &error))
}
