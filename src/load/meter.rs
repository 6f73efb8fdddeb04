//! Bytes on their way: how many, and their checksum, for the ledger; and that a file is whole and stays as it is.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::rc::Rc;

use sha2::{Digest as _, Sha256};

use crate::diagnostic::{Diagnostic, Result};
use crate::{hex, regular};

/// What has passed.
#[derive(Debug, Default)]
pub(super) struct Passed {
    pub(super) bytes: u64,
    hash: Sha256,
}

impl Passed {
    pub(super) fn checksum(&self) -> String {
        hex::digits(self.hash.clone().finalize())
    }
}

/// A reader that counts.
pub(super) struct Meter<R> {
    reader: R,
    passed: Rc<RefCell<Passed>>,
}

impl<R: Read> Meter<R> {
    pub(super) fn new(reader: R) -> (Self, Rc<RefCell<Passed>>) {
        let passed = Rc::<RefCell<Passed>>::default();
        (Self { reader, passed: Rc::clone(&passed) }, passed)
    }
}

impl<R: Read> Read for Meter<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        let mut passed = self.passed.borrow_mut();
        passed.bytes += count as u64;
        passed.hash.update(&buffer[..count]);
        Ok(count)
    }
}

/// A regular file that is open, as it was then.
#[derive(Debug)]
pub(super) struct Opened {
    file: File,
    name: String,
    pub(super) size: u64,
    /// Nanoseconds since 1970.
    pub(super) modified: i64,
}

impl Opened {
    pub(super) fn open(path: &Path, name: &str) -> Result<(Self, File)> {
        let unreadable = |error: io::Error| {
            Diagnostic::runtime("load-unreadable", format!("could not read `{name}`: {error}")).boxed()
        };
        let mut options = std::fs::OpenOptions::new();
        let file = options.read(true).custom_flags(regular::NONBLOCK).open(path).map_err(unreadable)?;
        let data = file.metadata().map_err(unreadable)?;
        if !data.is_file() {
            let message = format!("`{name}` is not a regular file");
            return Err(Diagnostic::runtime("load-not-a-file", message)
                .help("read a pipe or a device by `from: {command: [cat, ..]}` or by `from: stdin`")
                .boxed());
        }
        let reader = file.try_clone().map_err(unreadable)?;
        Ok((Self { file, name: name.to_owned(), size: data.len(), modified: time(&data) }, reader))
    }

    /// An error when the file is another one than when it was opened.
    pub(super) fn is_unchanged(&self, read: u64) -> Result<()> {
        let now = self.file.metadata().ok();
        if read == self.size && now.is_some_and(|now| now.len() == self.size && time(&now) == self.modified) {
            return Ok(());
        }
        let message =
            format!("`{}` changed while it was read (it had {} bytes at first)", self.name, self.size);
        Err(Diagnostic::runtime("load-file-grows", message)
            .help("let its writer write to another name and rename the file when it is complete")
            .boxed())
    }
}

pub(super) fn time(data: &std::fs::Metadata) -> i64 {
    data.mtime().saturating_mul(1_000_000_000).saturating_add(data.mtime_nsec())
}

/// Of a whole file.
pub(super) fn checksum(path: &Path, name: &str) -> Result<String> {
    let (_, file) = Opened::open(path, name)?;
    let (mut meter, passed) = Meter::new(file);
    io::copy(&mut meter, &mut io::sink()).map_err(|error| {
        Diagnostic::runtime("load-unreadable", format!("could not read `{name}`: {error}")).boxed()
    })?;
    let checksum = passed.borrow().checksum();
    Ok(checksum)
}
