//! Files below the target directory: read as JSON, written whole.

use std::path::Path;

use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, Result};
use crate::output::unwritten;

/// An artifact, if it is there and readable as JSON.
pub(super) fn read(path: &Path) -> Result<Option<Json>> {
    let Ok(text) = std::fs::read(path) else { return Ok(None) };
    serde_json::from_slice(&text).map(Some).map_err(|error| {
        Diagnostic::runtime("unreadable-file", format!("{} is not JSON: {error}", path.display())).boxed()
    })
}

pub(super) fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    crate::output::write(path, content).map_err(|error| unwritten(path, &error))
}
