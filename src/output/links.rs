//! Folders of ours in which nothing is written through links: what was checked out or unpacked there may lead anywhere.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// For opening files: never what a link leads to.
pub(super) const NO_LINK: i32 = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();

#[derive(Debug, Default)]
struct Guarded {
    folders: BTreeSet<PathBuf>,
    /// The folders below them that hold no link.
    checked: BTreeSet<PathBuf>,
}

static GUARDED: Mutex<Guarded> = Mutex::new(Guarded { folders: BTreeSet::new(), checked: BTreeSet::new() });

/// From now on nothing is written through a link below this folder. The folder itself may be a link that we or root have
/// made: to another disk, say.
pub(crate) fn guard(folder: &Path) {
    GUARDED.lock().unwrap_or_else(PoisonError::into_inner).folders.insert(folder.to_owned());
}

/// Whether a file may be written into this folder.
pub(super) fn check(folder: &Path) -> io::Result<()> {
    let mut guarded = GUARDED.lock().unwrap_or_else(PoisonError::into_inner);
    if guarded.checked.contains(folder) {
        return Ok(());
    }
    let Some(base) = guarded.folders.iter().find(|base| folder.starts_with(base)) else { return Ok(()) };
    check_between(base, folder)?;
    guarded.checked.insert(folder.to_owned());
    Ok(())
}

/// A link that nobody else has made.
pub(crate) fn is_own_link(path: &Path) -> bool {
    let us = rustix::process::getuid().as_raw();
    fs::symlink_metadata(path).is_ok_and(|data| data.is_symlink() && (data.uid() == us || data.uid() == 0))
}

fn check_between(base: &Path, folder: &Path) -> io::Result<()> {
    for place in folder.ancestors().take_while(|place| place.starts_with(base)) {
        let Ok(data) = fs::symlink_metadata(place) else { continue };
        if data.is_symlink() && !(place == base && is_own_link(place)) {
            let whose = if place == base { " of another user" } else { "" };
            return Err(io::Error::other(format!(
                "{} is a symbolic link{whose}, and nothing is written through links; remove it",
                place.display()
            )));
        }
    }
    Ok(())
}
