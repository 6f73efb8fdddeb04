//! The files that a table's rows come from, and which of them are to be read.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::meter::{checksum, time};
use super::pattern::Pattern;
use super::spec::Mode;
use crate::diagnostic::{Diagnostic, Result};

/// A file as the folder lists it.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(super) path: PathBuf,
    /// As the ledger and messages name it: relative to the project.
    pub(super) name: String,
    date: Option<Date>,
    size: u64,
    /// Nanoseconds since 1970.
    modified: i64,
}

/// A file that was loaded, as the ledger remembers it.
#[derive(Debug, Clone)]
pub(crate) struct KnownFile {
    pub(crate) name: String,
    pub(crate) size: u64,
    pub(crate) modified: i64,
    pub(crate) checksum: String,
}

/// In the order of their dates, then their names.
pub(super) fn find(pattern: &Pattern, root: &Path) -> Result<Vec<Found>> {
    let folder = root.join(&pattern.folder);
    let unreadable = |error: std::io::Error| {
        Diagnostic::runtime(
            "load-no-folder",
            format!("could not list the folder `{}`: {error}", pattern.folder),
        )
        .boxed()
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(&folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        let Some((name, named)) = name.to_str().and_then(|name| Some((name, pattern.matches(name)?))) else {
            continue;
        };
        let data = fs::metadata(entry.path()).map_err(unreadable)?;
        if data.is_dir() {
            continue;
        }
        let name = if pattern.folder.is_empty() {
            name.to_owned()
        } else {
            format!("{}/{name}", pattern.folder.trim_end_matches('/'))
        };
        let modified = time(&data);
        found.push(Found { path: entry.path(), name, date: named.date, size: data.len(), modified });
    }
    found.sort_by(|left, right| (left.date, &left.name).cmp(&(right.date, &right.name)));
    if found.is_empty() && pattern.single().is_some() {
        let message = format!("`{}` does not exist", pattern.written);
        return Err(Diagnostic::runtime("load-no-file", message).boxed());
    }
    Ok(found)
}

/// Those that the table does not have yet. With `replace`: all, or those of the last date, where any of them is new.
pub(super) fn unread(
    pattern: &Pattern,
    mut found: Vec<Found>,
    mode: Mode,
    known: &[KnownFile],
) -> Result<Vec<Found>> {
    if mode == Mode::Replace {
        if pattern.has_date() {
            let last = found.last().and_then(|file| file.date);
            found.retain(|file| file.date == last);
        }
        if found.is_empty() && !known.is_empty() {
            let message =
                format!("no file matches `{}` any more, and the table has rows of some", pattern.written);
            return Err(Diagnostic::runtime("load-no-file", message)
                .help("an empty dump is a file with a header and no rows (and needs `--allow-deletes`)")
                .boxed());
        }
        let mut is_same = found.len() == known.len();
        for file in &found {
            is_same = is_same && state(file, known)? == State::Known;
        }
        return Ok(if is_same { Vec::new() } else { found });
    }
    let mut unread = Vec::new();
    for file in found {
        match state(&file, known)? {
            State::New => unread.push(file),
            State::Known => {}
            State::Changed => return Err(changed(&file)),
        }
    }
    Ok(unread)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Known,
    Changed,
}

/// A file whose size and time are the same is not read again to find out.
fn state(file: &Found, known: &[KnownFile]) -> Result<State> {
    let Some(known) = known.iter().find(|known| known.name == file.name) else { return Ok(State::New) };
    if known.size != file.size {
        return Ok(State::Changed);
    }
    if known.modified == file.modified || checksum(&file.path, &file.name)? == known.checksum {
        return Ok(State::Known);
    }
    Ok(State::Changed)
}

fn changed(file: &Found) -> Box<Diagnostic> {
    let message = format!("`{}` was loaded before and has other content now", file.name);
    Diagnostic::runtime("load-file-changed", message)
        .help("each file is loaded once: give the corrected rows a file of their own, or load with `mode: upsert`")
        .boxed()
}
