//! Files that every run writes again: written over in place, never emptied first. A file system that has just been
//! given a file's earlier content makes the emptying wait for the disk, which takes longer than most writes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, Write};
use std::path::Path;

/// Writes a whole file, and the folders above it.
pub fn write(path: &Path, content: impl AsRef<[u8]>) -> io::Result<()> {
    let mut output = Output::create(path)?;
    output.write_all(content.as_ref())?;
    output.finish()
}

/// A file that is written piece by piece. What it held before is gone once it is finished.
#[derive(Debug)]
pub struct Output(File);

impl Output {
    pub fn create(path: &Path) -> io::Result<Self> {
        let open = || OpenOptions::new().write(true).create(true).truncate(false).open(path);
        match (open(), path.parent()) {
            (Err(error), Some(folder)) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(folder)?;
                open().map(Self)
            }
            (opened, _) => opened.map(Self),
        }
    }

    /// Cuts off what is left of a longer earlier content.
    pub fn finish(mut self) -> io::Result<()> {
        let length = self.0.stream_position()?;
        self.0.set_len(length)
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shorter_and_longer_contents_follow_each_other() {
        let folder = std::env::temp_dir().join(format!("rsdbt-output-{}", std::process::id()));
        let path = folder.join("below/file.sql");
        for content in ["first", "the second, longer", "", "third"] {
            write(&path, content).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
