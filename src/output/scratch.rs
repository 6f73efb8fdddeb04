//! Temporary folders: made by us, for us alone, and removed with their value.

use std::fs::{self, DirBuilder};
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::unfinished::{is_alive, is_kept, unlocked};
use crate::interrupt::Clearing;

/// A folder that nobody else can have prepared, nor look into. It is locked as long as this process lives.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    _lock: fs::File,
    _clearing: Clearing,
}

impl Scratch {
    pub fn new() -> io::Result<Self> {
        Self::inside(&std::env::temp_dir())
    }

    /// The name cannot be guessed, and a folder that exists is never taken.
    pub(crate) fn inside(parent: &Path) -> io::Result<Self> {
        sweep(parent);
        loop {
            if let Some(made) = Self::made(parent)? {
                return Ok(made);
            }
        }
    }

    /// None: who sweeps has taken it for left.
    fn made(parent: &Path) -> io::Result<Option<Self>> {
        let mut number = [0_u8; 16];
        fs::File::open("/dev/urandom")?.read_exact(&mut number)?;
        let path = parent.join(format!("{NAMED}{}-{}", std::process::id(), crate::hex::digits(number)));
        let doomed = path.clone();
        let make = || DirBuilder::new().mode(0o700).create(&path);
        let clearing = Clearing::of(make, move || clear(&doomed))?;
        match fs::File::open(&path) {
            Ok(lock) if is_kept(&lock, &path) => Ok(Some(Self { path, _lock: lock, _clearing: clearing })),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(None),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The number of the process follows, and one that cannot be guessed.
const NAMED: &str = "rsdbt-";

/// Removes what processes of ours that were killed have left in a folder.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let Some(process) = entry.file_name().to_str().and_then(process_of) else { continue };
        let path = entry.path();
        let us = rustix::process::getuid().as_raw();
        let is_ours = fs::symlink_metadata(&path).is_ok_and(|data| data.is_dir() && data.uid() == us);
        if !is_ours || is_alive(process) {
            continue;
        }
        if let Some(_lock) = unlocked(&path) {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

fn process_of(name: &str) -> Option<i32> {
    let (process, number) = name.strip_prefix(NAMED)?.split_once('-')?;
    let is_number = number.len() == 32 && number.bytes().all(|byte| byte.is_ascii_hexdigit());
    process.parse().ok().filter(|_| is_number)
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// While another thread may still write into the folder.
fn clear(folder: &Path) {
    for _ in 0..20 {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                std::thread::sleep(Duration::from_millis(10));
            }
            _ => return,
        }
    }
}

/// Makes a folder that only its owner can enter, or checks that the one which is there is such a folder. `owner` is the
/// account that it may have been handed over to.
pub(crate) fn private_folder(path: &Path, owner: Option<u32>) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => return made,
    }
    let data = fs::symlink_metadata(path)?;
    if !data.is_dir() {
        return Err(io::Error::other("it is not a folder"));
    }
    let us = rustix::process::getuid().as_raw();
    if data.uid() != us && Some(data.uid()) != owner {
        return Err(io::Error::other(format!("it belongs to the user with the number {}", data.uid())));
    }
    if data.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Whether nobody but us and root can have put anything into a folder, or can replace what is in it.
pub(crate) fn is_trusted(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|data| {
        let us = rustix::process::getuid().as_raw();
        data.is_dir() && (data.uid() == us || data.uid() == 0) && data.permissions().mode() & 0o022 == 0
    })
}
