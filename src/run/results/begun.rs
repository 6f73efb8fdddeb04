//! A note beside the results that a run has begun whose results are not there yet: those that are there tell of an earlier one.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::diagnostic::Result;
use crate::output;

/// The run that the note is about.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Begun {
    /// As it was called.
    pub command: String,
    pub begun_at: Timestamp,
}

/// Notes it. The process that holds the file is at work on the run; while another one is, its note stays.
pub(in crate::run) fn note(results: &Path, command: &str, begun_at: Timestamp) -> Result<Option<File>> {
    if since(results).is_some_and(|(_, is_at_work)| is_at_work) {
        return Ok(None);
    }
    let path = path(results);
    let begun = Begun { command: command.to_owned(), begun_at };
    let fail = |error: std::io::Error| output::unwritten(&path, &error);
    let text = serde_json::to_vec(&begun).map_err(|error| fail(error.into()))?;
    output::write(&path, text).map_err(fail)?;
    let file = File::open(&path).ok();
    // where nothing can be locked, the run passes for one that was killed only until its results are there
    Ok(file.filter(|file| file.try_lock().is_ok()))
}

/// The results of the run that began then are there.
pub(super) fn clear(results: &Path, begun_at: Timestamp) {
    if since(results).is_none_or(|(begun, _)| begun.begun_at != begun_at) {
        return;
    }
    let folder = results.parent().unwrap_or(Path::new(""));
    let _ = output::remove(&path(results), folder);
}

/// The run that has begun since the results were written, and whether it is at work.
pub(crate) fn since(results: &Path) -> Option<(Begun, bool)> {
    let path = path(results);
    let begun = serde_json::from_slice(&fs::read(&path).ok()?).ok()?;
    let is_at_work = File::open(&path).is_ok_and(|file| file.try_lock().is_err());
    Some((begun, is_at_work))
}

fn path(results: &Path) -> PathBuf {
    results.with_file_name("run_in_progress.json")
}
