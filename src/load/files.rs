//! The files that a pattern names, in the order in which they are loaded.

use std::io::ErrorKind;
use std::path::Path;

use walkdir::DirEntry;

use super::place::{self, FoundFile};
use crate::config::load::{FilePattern, Fit};
use crate::diagnostic::{Diagnostic, Result};

/// The files of a pattern, and what looks like one and is none.
#[derive(Debug, Default)]
pub(crate) struct FoundFiles {
    pub files: Vec<FoundFile>,
    /// Name, as the pattern would have it, and why it is not loaded.
    pub passed_over: Vec<(String, String)>,
}

/// By their dates, then by name. `root` is the project's folder.
pub(crate) fn find(root: &Path, pattern: &FilePattern) -> Result<FoundFiles> {
    let search = Search::new(root, pattern);
    let mut found = FoundFiles::default();
    let depth = if search.is_deep { usize::MAX } else { 1 };
    let entries = walkdir::WalkDir::new(&search.top).follow_links(true).max_depth(depth).into_iter();
    for entry in entries.filter_entry(|entry| search.goes_into(entry)) {
        match entry {
            Ok(entry) if entry.file_type().is_dir() => {}
            Ok(entry) => search.look_at(&entry, &mut found)?,
            Err(error) => search.judge(&error, &mut found)?,
        }
    }
    found.files = place::in_order(found.files);
    found.passed_over.sort();
    Ok(found)
}

/// The files of the command line: their names tell dates where they match the pattern.
pub(crate) fn named(root: &Path, paths: &[std::path::PathBuf], pattern: &FilePattern) -> Result<FoundFiles> {
    let mut found = FoundFiles::default();
    for path in paths {
        let file = FoundFile::at(root, path, pattern, Vec::new())?;
        let lexical = path.strip_prefix(root).unwrap_or(path).to_string_lossy();
        let dates = [file.shown.as_str(), &*lexical].into_iter().find_map(|name| match pattern.fit(name) {
            Fit::Full(dates) => Some(dates),
            Fit::Near(_) | Fit::None => None,
        });
        found.files.push(FoundFile { dates: dates.unwrap_or_default(), ..file });
    }
    found.files = place::in_order(found.files);
    Ok(found)
}

/// A walk through the folders of a pattern.
struct Search<'s> {
    root: &'s Path,
    pattern: &'s FilePattern,
    folder: &'s str,
    top: std::path::PathBuf,
    is_deep: bool,
}

impl<'s> Search<'s> {
    fn new(root: &'s Path, pattern: &'s FilePattern) -> Self {
        let (folder, is_deep) = pattern.folder();
        // without the slash at the end, which would hide that the folder is a link to nowhere
        let top = root.join(folder).components().collect();
        Self { root, pattern, folder, top, is_deep }
    }

    /// As the pattern would have it.
    fn shown(&self, path: &Path) -> String {
        let below = path.strip_prefix(&self.top).unwrap_or(path);
        format!("{}{}", self.folder, below.to_string_lossy())
    }

    /// What begins with a dot is only found by a pattern that says so.
    fn goes_into(&self, entry: &DirEntry) -> bool {
        if entry.depth() == 0 {
            return true;
        }
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        let open = self.pattern.text.get(self.folder.len()..).unwrap_or_default();
        let (folders, name) = open.rsplit_once('/').unwrap_or(("", open));
        if entry.file_type().is_dir() {
            let takes_hidden = folders.split('/').any(|folder| folder.starts_with('.'));
            return (takes_hidden || !is_hidden) && self.pattern.leads_through(&self.shown(entry.path()));
        }
        name.starts_with('.') || !is_hidden
    }

    fn look_at(&self, entry: &DirEntry, found: &mut FoundFiles) -> Result<()> {
        let shown = self.shown(entry.path());
        match self.pattern.fit(&shown) {
            Fit::Full(dates) => {
                found.files.push(FoundFile::at(self.root, entry.path(), self.pattern, dates)?);
            }
            Fit::Near(why) => found.passed_over.push((place::on_one_line(shown.as_bytes()), why)),
            Fit::None => {}
        }
        Ok(())
    }

    /// An entry that cannot be read: an error if it may be one of the files.
    fn judge(&self, error: &walkdir::Error, found: &mut FoundFiles) -> Result<()> {
        if error.loop_ancestor().is_some() {
            // its files are found above
            return Ok(());
        }
        let path = error.path().unwrap_or(&self.top);
        let is_missing = error.io_error().is_some_and(|error| error.kind() == ErrorKind::NotFound);
        if !is_missing {
            return Err(Diagnostic::runtime("load-file", format!("cannot look for files to load: {error}"))
                .help(format!("the pattern is `{}`", self.pattern.text))
                .boxed());
        }
        if std::fs::symlink_metadata(path).is_err() {
            return Ok(());
        }
        let why = "it is a symbolic link to nowhere";
        let shown = if error.depth() == 0 { self.folder.to_owned() } else { self.shown(path) };
        let name = place::on_one_line(shown.as_bytes());
        if error.depth() == 0 || self.pattern.fit(&shown) != Fit::None {
            return Err(Diagnostic::runtime("load-file", format!("{name}: {why}"))
                .help(format!("correct or remove the link; the pattern is `{}`", self.pattern.text))
                .boxed());
        }
        if self.is_deep && self.pattern.leads_through(&shown) {
            found.passed_over.push((name, why.to_owned()));
        }
        Ok(())
    }
}
