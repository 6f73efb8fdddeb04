//! Files while they are written. Each is locked by its process: what nobody holds was left by one that was killed, and the next
//! command that writes into the folder removes it.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How their names begin; the number of the process and one of the file follow.
pub(super) const UNFINISHED: &str = ".rsdbt-unfinished-";
/// A number may be that of another process by now; what is so old is not being written any more.
pub(super) const ABANDONED: Duration = Duration::from_hours(1);

/// A new file, which this process alone has.
pub(super) fn create(folder: &Path, mode: u32) -> io::Result<(File, PathBuf)> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    sweep_once(folder);
    loop {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("{UNFINISHED}{}-{number}", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).mode(mode).open(&path) {
            // of a process with our number: in another container, or one that could not be removed
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            opened => {
                let file = opened?;
                // where files cannot be locked, the number of the process has to do
                let _ = file.try_lock();
                return Ok((file, path));
            }
        }
    }
}

fn sweep_once(folder: &Path) {
    static SWEPT: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    if SWEPT.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned()) {
        sweep(folder);
    }
}

/// Removes what killed processes have left in a folder.
pub(super) fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(process) = name.to_str().and_then(process_of) else { continue };
        if is_left(&entry.path(), process) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn process_of(name: &str) -> Option<i32> {
    let (process, number) = name.strip_prefix(UNFINISHED)?.split_once('-')?;
    number.parse::<u32>().ok()?;
    process.parse().ok()
}

fn is_left(path: &Path, process: i32) -> bool {
    let Ok(data) = fs::symlink_metadata(path) else { return false };
    if !data.is_file() || data.uid() != rustix::process::getuid().as_raw() {
        return false;
    }
    let age = data.modified().ok().and_then(|at| at.elapsed().ok()).unwrap_or_default();
    let is_ours = u32::try_from(process).is_ok_and(|process| process == std::process::id());
    (is_ours || !is_alive(process) || age > ABANDONED) && is_unlocked(path)
}

/// Whether any process has the number, whoever owns it.
pub(super) fn is_alive(process: i32) -> bool {
    rustix::process::Pid::from_raw(process)
        .is_some_and(|pid| !matches!(rustix::process::test_kill_process(pid), Err(rustix::io::Errno::SRCH)))
}

/// Whether no process that lives, in this container or another, has locked it.
pub(super) fn is_unlocked(path: &Path) -> bool {
    let options = OpenOptions::new().read(true).custom_flags(super::links::NO_LINK).open(path);
    options.is_ok_and(|file| file.try_lock().is_ok())
}
