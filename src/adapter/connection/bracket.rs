//! Where a session stands between BEGIN and COMMIT in the view of dbt and psycopg2, which need not be the server's.

/// What dbt and psycopg2 have begun.
#[derive(Debug, Default)]
pub(super) struct Bracket {
    /// dbt's `transaction_open`.
    pub(super) open: bool,
    /// psycopg2 begins a transaction by itself before a session's first statement, and only then.
    pub(super) started: bool,
    /// In a hook around the run or an operation: there dbt's own begin sends nothing either.
    pub(super) outside: bool,
    /// `begin` goes out in the next statement's message: one round trip less.
    pub(super) pending_begin: bool,
}
