//! What stands where a folder or a file of ours is to be: named, with what to do about it.

use std::fs;
use std::io;
use std::path::Path;

/// Makes a folder and those above it, or says what stands in its way.
pub(crate) fn make_folders(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder).map_err(|error| named(folder, error))
}

/// The error, or what it is about: the system says `File exists` of a link that leads nowhere.
pub(super) fn named(folder: &Path, error: io::Error) -> io::Error {
    for place in folder.ancestors() {
        let Ok(data) = fs::symlink_metadata(place) else { continue };
        let shown = place.display();
        if !data.is_symlink() {
            return if data.is_dir() {
                error
            } else {
                io::Error::other(format!("{shown} is not a folder; move it away"))
            };
        }
        return match fs::metadata(place) {
            Ok(data) if data.is_dir() => error,
            Ok(_) => {
                io::Error::other(format!("{shown} is a symbolic link to a file, not to a folder; remove it"))
            }
            Err(_) => dangling(place).unwrap_or(error),
        };
    }
    error
}

/// Of a link that leads nowhere.
pub(crate) fn dangling(link: &Path) -> Option<io::Error> {
    let to = fs::read_link(link).ok().filter(|_| !link.exists())?;
    Some(io::Error::other(format!(
        "{} is a symbolic link to {}, which does not exist; make what it leads to, or remove the link",
        link.display(),
        to.display()
    )))
}

/// Of what stands at the path of a file.
pub(super) fn not_a_file(data: &fs::Metadata) -> io::Error {
    let what = if data.is_dir() { "it is a folder, not a file" } else { "it is not a regular file" };
    io::Error::other(format!("{what}; move it away"))
}
