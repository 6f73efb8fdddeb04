//! Observers of what a session does.

use std::time::Duration;

use super::{CancelHandle, Response};
use crate::diagnostic::Diagnostic;

/// Told what a session does, for events and for Ctrl-C.
pub(crate) trait Observer: Send + Sync {
    fn opened(&self, handle: &CancelHandle) {
        let _ = handle;
    }

    fn sent(&self, sql: &str) {
        let _ = sql;
    }

    fn answered(&self, response: &Response, elapsed: Duration) {
        let _ = (response, elapsed);
    }

    /// Why nothing may be committed, if so.
    fn objection(&self) -> Option<Box<Diagnostic>> {
        None
    }

    fn committed(&self) {}

    /// The message for the user while a session waits for the server.
    fn note(&self, message: &str) {
        let _ = message;
    }

    /// Nothing more is to be sent.
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Watches nothing.
pub(super) struct Unobserved;

impl Observer for Unobserved {}
