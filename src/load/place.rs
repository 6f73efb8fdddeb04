//! Where a file really is: its name in messages and in the ledger, the same under every spelling and through every link.

use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

use super::origin_reader::unreadable;
use crate::config::load::{FileDate, FilePattern};
use crate::diagnostic::Result;

/// A file to load.
#[derive(Debug, Clone)]
pub(crate) struct FoundFile {
    /// Without links.
    pub path: PathBuf,
    /// Its place relative to the project, as messages and the ledger have it.
    pub shown: String,
    pub dates: Vec<FileDate>,
    pub(super) is_link: bool,
}

impl FoundFile {
    pub(super) fn at(root: &Path, path: &Path, pattern: &FilePattern, dates: Vec<FileDate>) -> Result<Self> {
        let resolved = |path: &Path| {
            let shown = path.strip_prefix(root).unwrap_or(path);
            std::fs::canonicalize(path)
                .map_err(|error| unreadable(&on_one_line(shown.as_os_str().as_bytes()), &error))
        };
        let place = resolved(path)?;
        let name = name(&resolved(root)?, &place, pattern);
        let is_link = path.file_name() != place.file_name()
            || path.symlink_metadata().is_ok_and(|data| data.is_symlink());
        Ok(Self { shown: on_one_line(name.as_os_str().as_bytes()), path: place, dates, is_link })
    }
}

/// Inside the project, relative to it; elsewhere absolute, unless the pattern itself leaves the project by `../`.
fn name(root: &Path, place: &Path, pattern: &FilePattern) -> PathBuf {
    if let Ok(inside) = place.strip_prefix(root) {
        return inside.to_owned();
    }
    if !pattern.text.starts_with("../") {
        return place.to_owned();
    }
    let shared = root.components().zip(place.components()).take_while(|(a, b)| a == b).count();
    let up = root.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(place.components().skip(shared)).collect()
}

/// By their dates, then by name; each once. A file that is found by itself and by a link has the dates of its own name.
pub(super) fn in_order(mut files: Vec<FoundFile>) -> Vec<FoundFile> {
    let dates = |file: &FoundFile| file.dates.iter().map(|date| date.at).collect::<Vec<_>>();
    files.sort_by_key(|file| (file.shown.clone(), file.is_link, dates(file)));
    files.dedup_by(|second, first| second.shown == first.shown);
    files.sort_by_key(|file| (dates(file), file.shown.clone()));
    files
}

/// A name may hold line breaks, what acts on a terminal, and bytes that are no text.
pub(super) fn on_one_line(name: &[u8]) -> String {
    let mut shown = String::new();
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\\' => shown.push_str("\\\\"),
                c if c.is_control() => shown.extend(c.escape_default()),
                c => shown.push(c),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(shown, "\\x{byte:02x}");
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_relative_to_the_project_and_distinct() {
        let named = |place: &str, pattern: &str| {
            let pattern = FilePattern::parse(pattern).unwrap();
            name(Path::new("/w/shop"), Path::new(place), &pattern).to_string_lossy().into_owned()
        };
        assert_eq!(named("/w/shop/in/a.csv", "/w/shop/in/*"), "in/a.csv");
        assert_eq!(named("/w/in/a.csv", "/w/in/*"), "/w/in/a.csv");
        assert_eq!(named("/w/in/a.csv", "../in/*"), "../in/a.csv");
        assert_eq!(named("/data/a.csv", "in/*"), "/data/a.csv");
        let shown = [&b"a\nb"[..], b"a\\nb", b"a\xffb", "a\u{fffd}b".as_bytes()].map(on_one_line);
        assert_eq!(shown, ["a\\nb", "a\\\\nb", "a\\xffb", "a\u{fffd}b"]);
    }
}
