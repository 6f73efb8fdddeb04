//! A file that a project may have or not.

use std::path::Path;

use crate::diagnostic::{Diagnostic, Result};

/// The file's text, `None` if there is no such file. What cannot be read is an error: without it, the project is another one.
pub(crate) fn optional_text(directory: &Path, shown: &str, name: &str) -> Result<Option<String>> {
    crate::regular::read_if_there(&directory.join(name)).map_err(|problem| {
        Diagnostic::runtime("unreadable-file", format!("cannot read {shown}{name}: {problem}"))
            .help("make it a readable file with a text in UTF-8, or remove it")
            .boxed()
    })
}
