//! A COMMIT was sent, and the reply to it was lost.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, ServerError};

use super::identity::ServerIdentity;

/// A transaction whose end was sent, but not answered.
#[derive(Debug, Clone)]
pub(super) struct LostCommit {
    /// As `pg_current_xact_id` gives it; `None` for a transaction that changed nothing.
    pub(super) transaction: Option<String>,
    pub(super) server: Option<ServerIdentity>,
    pub(super) backend_pid: i32,
    /// Statements followed the COMMIT in the same text.
    pub(super) more: bool,
    /// dbt's flag, which a COMMIT in a text leaves as it is.
    pub(super) open: bool,
}

/// Nobody can say whether the statement lasts: it is not sent again.
pub(super) fn unknown(statement: &str, message: &str) -> Box<Diagnostic> {
    let mut diagnostic = Diagnostic::database("outcome-unknown", message)
        .help("compare the relation with its inputs before it is built again: the work may be there already");
    diagnostic.server = Some(Box::new(ServerError {
        sqlstate: "08007".into(),
        statement: Arc::from(statement),
        offset: None,
    }));
    diagnostic.boxed()
}
