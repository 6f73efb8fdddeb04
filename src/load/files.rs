//! The files that a pattern names, in the order in which they are loaded.

use std::path::{Path, PathBuf};

use crate::config::load::{FileDate, FilePattern};
use crate::diagnostic::{Diagnostic, Result};

/// A file to load.
#[derive(Debug, Clone)]
pub(crate) struct FoundFile {
    pub path: PathBuf,
    /// Relative to the project, as messages and the ledger have it.
    pub shown: String,
    pub dates: Vec<FileDate>,
}

/// By their dates, then by name. `root` is the project's folder.
pub(crate) fn find(root: &Path, pattern: &FilePattern) -> Result<Vec<FoundFile>> {
    let (folder, is_deep) = pattern.folder();
    let top = root.join(folder);
    let hidden = pattern.text.rsplit('/').next().is_some_and(|name| name.starts_with('.'));
    let mut found = Vec::new();
    for entry in
        walkdir::WalkDir::new(&top).follow_links(true).max_depth(if is_deep { usize::MAX } else { 1 })
    {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error)
                if error.io_error().is_some_and(|error| error.kind() == std::io::ErrorKind::NotFound) =>
            {
                continue;
            }
            Err(error) => {
                return Err(Diagnostic::runtime(
                    "load-file",
                    format!("cannot look for files to load: {error}"),
                )
                .help(format!("the pattern is `{}`", pattern.text))
                .boxed());
            }
        };
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        if entry.file_type().is_dir() || is_hidden && !hidden {
            continue;
        }
        let below = entry.path().strip_prefix(&top).unwrap_or(entry.path());
        let shown = format!("{folder}{}", below.to_string_lossy());
        let Some(dates) = pattern.dates_of(&shown) else { continue };
        let Some(dates) = dates.into_iter().collect::<Option<Vec<FileDate>>>() else {
            return Err(Diagnostic::runtime(
                "load-file",
                format!("the name of `{shown}` has a date that no calendar has"),
            )
            .help(format!("rename the file; the pattern is `{}`", pattern.text))
            .boxed());
        };
        found.push(FoundFile { path: entry.into_path(), shown: on_one_line(&shown), dates });
    }
    found.sort_by(|a, b| (dates_of(a), &a.shown).cmp(&(dates_of(b), &b.shown)));
    Ok(found)
}

/// A file of the command line: its name tells dates where it matches the pattern.
pub(crate) fn named(root: &Path, path: &Path, pattern: &FilePattern) -> FoundFile {
    let shown = path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned();
    let dates = pattern.dates_of(&shown).unwrap_or_default().into_iter().flatten().collect();
    FoundFile { path: path.to_owned(), shown: on_one_line(&shown), dates }
}

/// A name may hold line breaks and what acts on a terminal.
fn on_one_line(name: &str) -> String {
    let shown = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    name.chars().map(shown).collect()
}

fn dates_of(file: &FoundFile) -> Vec<jiff::civil::Date> {
    file.dates.iter().map(|date| date.date).collect()
}
