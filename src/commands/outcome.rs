//! How commands end.

use crate::diagnostic::Diagnostics;

/// How a command that could be carried out ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Success,
    /// Something failed in the run: exit status 1.
    Failure,
}

pub(super) type CommandResult = Result<Outcome, Diagnostics>;
