//! What selectors look at.

use std::path::Path;

use crate::manifest::{Manifest, PreviousState};

use super::definition::Selectors;

/// What selecting looks at.
#[derive(Clone, Copy)]
pub(crate) struct SelectionInputs<'a> {
    pub manifest: &'a Manifest,
    pub project_root: &'a Path,
    pub selectors: &'a Selectors,
    pub state: Option<&'a PreviousState>,
}
