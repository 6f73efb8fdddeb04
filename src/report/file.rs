//! The log file: appended to, and rotated to `dbt.log.1` .. `dbt.log.5` when it would exceed its limit.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::regular::NONBLOCK;

const KEPT: u32 = 5;

/// A file that rotates.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    limit: u64,
    size: u64,
    file: Option<io::BufWriter<File>>,
}

impl LogFile {
    /// `limit` 0 means that the file never rotates.
    pub(super) fn open(path: &Path, limit: u64) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            crate::output::make_folders(folder)?;
        }
        if let Some(problem) = crate::output::dangling(path) {
            return Err(problem);
        }
        let mut log = Self { path: path.to_owned(), limit, size: 0, file: None };
        log.reopen()?;
        Ok(log)
    }

    fn reopen(&mut self) -> io::Result<()> {
        // a pipe that nobody reads must not hold up the run
        let mut options = OpenOptions::new();
        let file = options.create(true).append(true).custom_flags(NONBLOCK).open(&self.path)?;
        let data = file.metadata()?;
        self.size = data.len();
        // who has made a link rotates what it leads to
        let is_link = fs::symlink_metadata(&self.path).is_ok_and(|data| data.is_symlink());
        if !data.is_file() || is_link {
            self.limit = 0;
        }
        self.file = Some(io::BufWriter::new(file));
        Ok(())
    }

    pub(super) fn write(&mut self, line: &str) -> io::Result<()> {
        let length = line.len() as u64 + 1;
        if self.limit > 0 && self.size > 0 && self.size + length > self.limit {
            self.rotate()?;
        }
        if let Some(file) = &mut self.file {
            file.write_all(line.as_bytes())?;
            file.write_all(b"\n")?;
        }
        self.size += length;
        Ok(())
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }

    fn rotate(&mut self) -> io::Result<()> {
        self.flush()?;
        match self.shift() {
            Ok(()) => self.reopen(),
            Err(_) => {
                // a mount, say: it grows on
                self.limit = 0;
                Ok(())
            }
        }
    }

    /// The full file first: when it cannot be renamed, the older ones stay what they are.
    fn shift(&self) -> io::Result<()> {
        crate::output::replace(&self.path, &self.numbered(0))?;
        for number in (0..KEPT).rev() {
            let older = self.numbered(number);
            if older.exists() {
                crate::output::replace(&older, &self.numbered(number + 1))?;
            }
        }
        Ok(())
    }

    fn numbered(&self, number: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    }
}

impl Drop for LogFile {
    fn drop(&mut self) {
        let _ = self.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_file_is_rotated() {
        let folder = std::env::temp_dir().join(format!("rsdbt-log-{}", std::process::id()));
        let path = folder.join("dbt.log");
        let mut log = LogFile::open(&path, 20).unwrap();
        for line in ["first line", "second line", "third"] {
            log.write(line).unwrap();
        }
        drop(log);
        assert_eq!(fs::read_to_string(&path).unwrap(), "second line\nthird\n");
        assert_eq!(fs::read_to_string(folder.join("dbt.log.1")).unwrap(), "first line\n");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_cannot_be_rotated_grows() {
        let scratch = crate::output::Scratch::new().unwrap();
        let (elsewhere, linked) = (scratch.path().join("app.log"), scratch.path().join("dbt.log"));
        std::os::unix::fs::symlink(&elsewhere, &linked).unwrap();
        let said = LogFile::open(&linked, 20).unwrap_err().to_string();
        assert!(said.contains("is a symbolic link to") && said.contains("does not exist"), "{said}");
        fs::write(&elsewhere, "").unwrap();
        let hindered = scratch.path().join("hindered.log");
        // nothing can be renamed to it
        fs::create_dir_all(scratch.path().join("hindered.log.0/x")).unwrap();
        for path in [&linked, &hindered] {
            let mut log = LogFile::open(path, 20).unwrap();
            for line in ["first line", "second line", "third"] {
                log.write(line).unwrap();
            }
            drop(log);
            assert_eq!(fs::read_to_string(path).unwrap(), "first line\nsecond line\nthird\n");
        }
        assert!(fs::symlink_metadata(&linked).unwrap().is_symlink());
    }
}
