//! Removing and renaming what we made.

use std::fs;
use std::io;
use std::path::{Component, Path};

/// Removes a file, or a folder with all that is in it, below a folder of ours. Nothing is removed through a link, and a
/// link is never followed: one inside the folder is removed itself, one that stands for `path` or above it is refused.
pub(crate) fn remove(path: &Path, below: &Path) -> io::Result<()> {
    let outside = || io::Error::other(format!("it is not below {}", below.display()));
    let relative = path.strip_prefix(below).map_err(|_| outside())?;
    if relative.as_os_str().is_empty()
        || !relative.components().all(|part| matches!(part, Component::Normal(_)))
    {
        return Err(outside());
    }
    let mut place = below.to_owned();
    for part in relative.components() {
        place.push(part);
        match fs::symlink_metadata(&place) {
            Ok(data) if data.is_symlink() => {
                return Err(io::Error::other(format!("{} is a symbolic link", place.display())));
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    if fs::symlink_metadata(path)?.is_dir() { remove_folder(path) } else { fs::remove_file(path) }
}

/// A mount stays where it is, emptied.
fn remove_folder(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {}
        removed => return removed,
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_folder(&entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    match fs::remove_dir(folder) {
        // it is one, or has one in it, emptied as well
        Err(error)
            if matches!(error.kind(), io::ErrorKind::ResourceBusy | io::ErrorKind::DirectoryNotEmpty) =>
        {
            Ok(())
        }
        removed => removed,
    }
}

/// Puts a file or folder that we made into its place.
pub(crate) fn replace(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

/// Removes a link that we made, never what it points to.
pub(crate) fn remove_link(link: &Path) -> io::Result<()> {
    if fs::symlink_metadata(link)?.is_symlink() {
        return fs::remove_file(link);
    }
    Err(io::Error::other("it is not a link"))
}
