//! What a connection refuses by itself.

use crate::diagnostic::{Diagnostic, Result};

pub(super) fn refuse_nul(sql: &str) -> Result<()> {
    if sql.contains('\0') {
        let message = "the statement holds a NUL character, where it would end for the server";
        return Err(Diagnostic::database("nul-in-statement", message).boxed());
    }
    Ok(())
}

pub(super) fn internal(message: &str) -> Box<Diagnostic> {
    Diagnostic::new("transaction-state", crate::diagnostic::Category::Internal, message).boxed()
}

/// The server has refused rows that were sent: its answer says why.
pub(super) fn copy_ended() -> Box<Diagnostic> {
    Diagnostic::database("copy-ended", "the server has ended the copy").boxed()
}

pub(super) fn is_copy_ended(error: &Diagnostic) -> bool {
    error.code == "copy-ended"
}

pub(super) fn rolled_back() -> Box<Diagnostic> {
    let message = "a hook or macro rolled the transaction back, or went back to a savepoint from before the node's work: nothing of this node was committed";
    Diagnostic::database("rolled-back", message)
        .help("remove the `rollback`; to undo a part only, use `savepoint` and `rollback to savepoint` after it, in post-hooks")
        .boxed()
}

/// PostgreSQL: other databases are out of reach.
pub(crate) fn other_database(database: &str, expected: &str) -> Diagnostic {
    let message = format!("Cross-db references not allowed in postgres ({database} vs {expected})");
    Diagnostic::new("cross-database", crate::diagnostic::Category::Runtime, message)
        .help("make the other database's tables visible here as foreign tables (postgres_fdw)")
}
