//! A note beside the results that a run has begun whose results are not there yet: those that are there tell of an earlier one.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::InvocationRecord;
use crate::diagnostic::Result;

/// The run that the note is about.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Begun {
    /// As it was called.
    pub command: String,
    pub begun_at: Timestamp,
}

/// Notes it. The process that holds the file is at work on the run.
pub(in crate::run) fn note(results: &Path, invocation: &InvocationRecord) -> Result<Option<File>> {
    let path = path(results);
    let command = invocation.args.get("invocation_command").and_then(serde_json::Value::as_str);
    let begun = Begun { command: command.unwrap_or_default().to_owned(), begun_at: invocation.started_at };
    super::write_json(&path, &begun)?;
    let file = File::open(&path).ok();
    // where nothing can be locked, the run passes for one that was killed only until its results are there
    Ok(file.filter(|file| file.try_lock().is_ok()))
}

/// The results are there.
pub(super) fn clear(results: &Path) {
    let _ = fs::remove_file(path(results));
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
