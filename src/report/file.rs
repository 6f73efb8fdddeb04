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
            fs::create_dir_all(folder)?;
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
        if !data.is_file() {
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
        self.file = None;
        for number in (1..KEPT).rev() {
            let older = self.numbered(number);
            if older.exists() {
                crate::output::replace(&older, &self.numbered(number + 1))?;
            }
        }
        crate::output::replace(&self.path, &self.numbered(1))?;
        self.reopen()
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
}
