//! The lock that a run holds, as a connection sees it that must not commit without it.

use crate::diagnostic::Diagnostic;

use super::server_error::LOCK_LOST;

/// A lock whose loss can be proved on the server.
pub(crate) trait HeldLock: Send + Sync {
    /// Whether it is held, as far as this side knows.
    fn is_held(&self) -> bool;

    /// A statement that fails on the server when the session that holds the lock is gone there.
    fn proof(&self) -> String;

    /// Whether texts of the project may not end the transaction: what they commit would have no mark of the interval.
    fn refuses_commits(&self) -> bool {
        false
    }
}

/// What a proof that failed means: the cast in it fails when the session is gone; anything else is its own error.
pub(super) fn of_proof(error: Box<Diagnostic>) -> Box<Diagnostic> {
    let is_gone = error.server.as_ref().is_some_and(|server| server.sqlstate == "22P02");
    if is_gone { lost() } else { error }
}

/// A text that ends a transaction of scheduled work by itself.
pub(super) fn commits_by_itself() -> Box<Diagnostic> {
    Diagnostic::database(
        "commit-in-interval",
        "a statement ends the transaction of a scheduled interval, whose work and its mark are committed together",
    )
    .help(
        "remove the COMMIT, ROLLBACK or PREPARE TRANSACTION; what has to run in a transaction of its own goes into a hook with \
         `transaction: false`, or into a step of its own",
    )
    .boxed()
}

/// The error of whoever would commit without the lock.
pub(super) fn lost() -> Box<Diagnostic> {
    Diagnostic::database(LOCK_LOST, "the session that holds the lock of this run is gone; nothing was committed")
        .help("another run may have worked on the schema meanwhile; the session was terminated, or the server restarted")
        .boxed()
}
