//! `rsdbt man`: the man pages, into a folder.

use std::path::Path;

use crate::cli::{self, Arguments};
use crate::options::table::FOLDER;
use crate::report;

/// The exit status.
pub(super) fn write(arguments: &Arguments) -> u8 {
    let folder = arguments.given.get(FOLDER.0.key).and_then(serde_json::Value::as_str).unwrap_or_default();
    match cli::man::write(Path::new(folder)) {
        Ok(()) => 0,
        Err(error) => {
            report::complain(&format!("cannot write the man pages to {folder}: {error}"));
            2
        }
    }
}
