//! A file that could not be written.

use std::path::Path;

use crate::diagnostic::Diagnostic;

pub(super) fn unwritable(path: &Path, error: &std::io::Error) -> Box<Diagnostic> {
    Diagnostic::runtime("unwritable-file", format!("cannot write {}: {error}", path.display())).boxed()
}
