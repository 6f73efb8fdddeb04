//! Files while they are written. Each is locked by its process: what nobody holds was left by one that was killed, and the next
//! command that writes into the folder removes it, with the lock in its hand. So who has made a file and cannot lock it, or
//! does not find it after that, makes another.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
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
                if is_kept(&file, &path) {
                    return Ok((file, path));
                }
            }
        }
    }
}

/// Locks what was just made. False: someone who sweeps has come first. Where nothing can be locked, nothing is swept.
pub(super) fn is_kept(made: &File, path: &Path) -> bool {
    if matches!(made.try_lock(), Err(TryLockError::WouldBlock)) {
        return false;
    }
    let place = |data: fs::Metadata| (data.dev(), data.ino());
    made.metadata().map(place).ok() == fs::symlink_metadata(path).map(place).ok()
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
        if let Some(_lock) = left(&entry.path(), process) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn process_of(name: &str) -> Option<i32> {
    let (process, number) = name.strip_prefix(UNFINISHED)?.split_once('-')?;
    number.parse::<u32>().ok()?;
    process.parse().ok()
}

/// The file, locked, if a process that was killed has left it.
fn left(path: &Path, process: i32) -> Option<File> {
    let data = fs::symlink_metadata(path).ok()?;
    if !data.is_file() || data.uid() != rustix::process::getuid().as_raw() {
        return None;
    }
    let age = data.modified().ok().and_then(|at| at.elapsed().ok()).unwrap_or_default();
    let is_ours = u32::try_from(process).is_ok_and(|process| process == std::process::id());
    if is_ours || !is_alive(process) || age > ABANDONED { unlocked(path) } else { None }
}

/// Whether any process has the number, whoever owns it.
pub(super) fn is_alive(process: i32) -> bool {
    rustix::process::Pid::from_raw(process)
        .is_some_and(|pid| !matches!(rustix::process::test_kill_process(pid), Err(rustix::io::Errno::SRCH)))
}

/// The file or folder, locked by us, unless a process that lives, in this container or another, has locked it.
pub(super) fn unlocked(path: &Path) -> Option<File> {
    let file = OpenOptions::new().read(true).custom_flags(super::links::NO_LINK).open(path).ok()?;
    file.try_lock().is_ok().then_some(file)
}
