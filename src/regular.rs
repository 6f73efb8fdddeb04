//! Reads files that users name: regular ones only. A FIFO would never end, a device may never end.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

/// To open a FIFO without waiting for its other end.
pub(crate) const NONBLOCK: i32 = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();

pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = open(path)?;
    let mut bytes = Vec::with_capacity(usize::try_from(file.metadata()?.len()).unwrap_or(0) + 1);
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// For who reads it piece by piece.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).custom_flags(NONBLOCK).open(path)?;
    let data = file.metadata()?;
    if !data.is_file() {
        let kind = data.file_type();
        let what = match () {
            () if kind.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            () if kind.is_fifo() => "a named pipe",
            () if kind.is_socket() => "a socket",
            () => "a device",
        };
        return Err(io::Error::other(format!("it is {what}, not a regular file")));
    }
    Ok(file)
}

/// `None` if there is no such file. One that is there and cannot be read is not the same.
pub(crate) fn read_if_there(path: &Path) -> io::Result<Option<String>> {
    match read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            if std::fs::symlink_metadata(path).is_ok() {
                return Err(io::Error::other("it is a symbolic link to a file that does not exist"));
            }
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Spreadsheets save "Unicode text" like this.
pub(crate) fn is_utf_16(bytes: &[u8]) -> bool {
    let has_mark = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    let is_wide = |bytes: &[u8]| matches!(bytes, [0, 1..=127, 0, 1..=127] | [1..=127, 0, 1..=127, 0]);
    has_mark || bytes.get(..4).is_some_and(is_wide)
}

pub(crate) fn read_to_string(path: &Path) -> io::Result<String> {
    let not_utf8 = |_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8");
    String::from_utf8(read(path)?).map_err(not_utf8)
}
