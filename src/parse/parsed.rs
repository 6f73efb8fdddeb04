//! What parsing has found.

use crate::diagnostic::Diagnostic;
use crate::manifest::Manifest;

use super::jobs::ResolvedJob;

/// The manifest and what is to be said about the project.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub manifest: Manifest,
    pub warnings: Vec<Diagnostic>,
    /// Upstream first.
    pub jobs: Vec<ResolvedJob>,
}
