//! minijinja's environments of a template and of what it calls.

use minijinja::Environment;

/// What templates are evaluated with, and what the macros that they call are.
#[derive(Clone, Copy)]
pub(crate) struct Environments {
    pub templates: &'static Environment<'static>,
    pub macros: &'static Environment<'static>,
}
