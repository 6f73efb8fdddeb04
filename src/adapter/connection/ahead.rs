//! What travels in front of a statement, without a trip to the server of its own.

use super::super::identity;

/// What travels in front of a statement.
#[derive(Debug)]
pub(super) enum Ahead {
    Identity,
    Transaction,
    /// Fails when the session that holds the run's lock is gone, and the COMMIT behind it then rolls back.
    Proof(String),
}

pub(super) const TRANSACTION: &str = "select pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.text";

pub(super) const NEW_TRANSACTION: &str = "select pg_catalog.pg_current_xact_id()::pg_catalog.text";

impl Ahead {
    pub(super) fn sql(&self) -> &str {
        match self {
            Self::Identity => identity::QUERY,
            Self::Transaction => TRANSACTION,
            Self::Proof(sql) => sql,
        }
    }
}
