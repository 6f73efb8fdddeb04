//! Why a text is not a template, in Jinja2's words.

use std::ops::Range;

/// A message with the place in the text that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::jinja) struct Problem {
    pub(in crate::jinja) message: String,
    pub(in crate::jinja) range: Range<usize>,
    pub(in crate::jinja) help: Option<String>,
}

impl Problem {
    pub(super) fn new(message: impl Into<String>, range: Range<usize>) -> Self {
        Self { message: message.into(), range, help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
