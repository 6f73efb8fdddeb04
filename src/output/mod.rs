//! Files and folders of our own: written aside and renamed, so that nobody reads half of one; temporary folders; and the
//! only place that removes or renames anything.

mod links;
mod obstacles;
mod remove;
mod scratch;
mod unfinished;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

pub(crate) use links::{guard, is_own_link};
pub(crate) use obstacles::{dangling, make_folders};
pub(crate) use remove::{remove, remove_link, replace};
pub use scratch::Scratch;
pub(crate) use scratch::{is_trusted, private_folder};

use links::NO_LINK;

use crate::diagnostic::Diagnostic;
use crate::regular::NONBLOCK;

/// Writes a whole file, and the folders above it. A file that has this content already stays as it is.
pub(crate) fn write(path: &Path, content: impl AsRef<[u8]>) -> io::Result<()> {
    let content = content.as_ref();
    links::check(folder_of(path))?;
    if let Some(file) = holding(path, content) {
        // tools look at the time to see what was written since
        return file.set_modified(std::time::SystemTime::now());
    }
    let mut output = Output::create(path)?;
    output.write_all(content)?;
    output.finish()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

/// Makes a folder, and those above it.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    links::check(folder)?;
    obstacles::make_folders(folder)
}

/// The one error of every file of ours that cannot be written: below `target`, `logs` and the folder of packages.
pub(crate) fn unwritten(path: &Path, error: &dyn std::fmt::Display) -> Box<Diagnostic> {
    Diagnostic::runtime("not-written", format!("cannot write {}: {error}", path.display())).boxed()
}

/// Writes a whole file that nobody but its owner can read, not even for an instant. The owner stays who he was.
pub(crate) fn write_private(path: &Path, content: impl AsRef<[u8]>) -> io::Result<()> {
    let before = fs::metadata(path).ok().map(|data| (data.uid(), data.gid()));
    let mut output = Output::create_with(path, Some(0o600))?;
    if let Some((user, group)) = before.filter(|(user, _)| *user != rustix::process::getuid().as_raw()) {
        std::os::unix::fs::fchown(&output.file, Some(user), Some(group))?;
    }
    output.write_all(content.as_ref())?;
    output.finish()
}

/// The file, if it is a regular one with this content. Most compiled files are, and a comparison is faster than a rename.
fn holding(path: &Path, content: &[u8]) -> Option<File> {
    let mut options = OpenOptions::new();
    let mut file = options.read(true).write(true).custom_flags(NO_LINK | NONBLOCK).open(path).ok()?;
    let data = file.metadata().ok()?;
    if !data.is_file() || data.len() != content.len() as u64 {
        return None;
    }
    let mut found = Vec::with_capacity(content.len());
    (file.read_to_end(&mut found).is_ok() && found == content).then_some(file)
}

/// A file that is written piece by piece. It takes its place, whole, when it is finished; dropped before, it is gone.
#[derive(Debug)]
pub(crate) struct Output {
    file: File,
    unfinished: PathBuf,
    path: PathBuf,
    is_finished: bool,
}

impl Output {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        Self::create_with(path, None)
    }

    /// With this mode at most, from its creation on.
    fn create_with(path: &Path, most: Option<u32>) -> io::Result<Self> {
        let folder = folder_of(path);
        links::check(folder)?;
        let mode = mode_of(path)?;
        let create = || unfinished::create(folder, most.unwrap_or(0o666));
        let (file, unfinished) = match create() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                obstacles::make_folders(folder)?;
                create()?
            }
            created => created.map_err(|error| obstacles::named(folder, error))?,
        };
        if let Some(mode) = mode {
            file.set_permissions(fs::Permissions::from_mode(mode & most.unwrap_or(0o7777)))?;
        }
        Ok(Self { file, unfinished, path: path.to_owned(), is_finished: false })
    }

    /// Puts the file into its place.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        fs::rename(&self.unfinished, &self.path)?;
        self.is_finished = true;
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if !self.is_finished {
            let _ = fs::remove_file(&self.unfinished);
        }
    }
}

/// The permissions of the file that is to be replaced. A rename would get past what its owner has forbidden.
fn mode_of(path: &Path) -> io::Result<Option<u32>> {
    let opened = OpenOptions::new().write(true).custom_flags(NO_LINK | NONBLOCK).open(path);
    match opened.and_then(|file| file.metadata()) {
        Ok(data) if data.is_file() => Ok(Some(data.permissions().mode() & 0o7777)),
        Ok(data) => Err(obstacles::not_a_file(&data)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(match fs::symlink_metadata(path) {
            Ok(data) if data.is_symlink() => {
                io::Error::other("it is a symbolic link, and nothing is written through links; remove it")
            }
            Ok(data) if !data.is_file() => obstacles::not_a_file(&data),
            _ => obstacles::named(folder_of(path), error),
        }),
    }
}

#[cfg(test)]
mod tests;
