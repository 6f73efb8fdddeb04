//! The reply to a COMMIT was lost: the server is asked what became of the transaction.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::diagnostic::Result;

use super::identity::ServerIdentity;
use super::lost_commit::LostCommit;
use super::{Begin, Cell, Fetch, Observer, Settings, reconnect};

/// How long a transaction that is still open on the server is waited for.
pub(super) const PATIENCE: Duration = Duration::from_mins(5);

/// After this time its session is ended: the server may not have noticed that nobody is left.
pub(super) const TERMINATE_AFTER: Duration = Duration::from_secs(20);

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Committed,
    RolledBack,
    Unknown(String),
}

impl LostCommit {
    /// Asks until the transaction has ended.
    pub(super) fn fate(&self, settings: &Arc<Settings>, observer: &dyn Observer) -> Fate {
        let Some(transaction) = &self.transaction else { return Fate::Committed };
        let Some(server) = &self.server else {
            return Fate::Unknown("the role may not call `pg_control_system()`".into());
        };
        let begun = Instant::now();
        let mut told = false;
        let mut wait = Duration::from_millis(10);
        loop {
            match self.ask(transaction, server, settings, observer, begun.elapsed() > TERMINATE_AFTER) {
                Ok(Some(fate)) => return fate,
                Ok(None) => {}
                Err(error) => return Fate::Unknown(error.message.clone()),
            }
            if observer.is_cancelled() {
                return Fate::Unknown("interrupted while waiting for it to end".into());
            }
            if begun.elapsed() > PATIENCE {
                return Fate::Unknown(format!("it is still open after {} s", PATIENCE.as_secs()));
            }
            if !told && begun.elapsed() > Duration::from_secs(1) {
                told = true;
                observer.note("connection lost while committing; waiting for the transaction to end");
            }
            std::thread::sleep(wait);
            wait = (wait * 2).min(Duration::from_millis(500));
        }
    }

    /// `None` while the transaction is open.
    pub(super) fn ask(
        &self,
        transaction: &str,
        server: &ServerIdentity,
        settings: &Arc<Settings>,
        observer: &dyn Observer,
        terminate: bool,
    ) -> Result<Option<Fate>> {
        let mut connection = reconnect::open(settings, None, observer)?;
        connection.clear_transaction()?;
        let Some(now) = connection.identity() else {
            return Ok(Some(Fate::Unknown("the role may not call `pg_control_system()`".into())));
        };
        if !now.continues(server) {
            let why = "another server answers now, or the same one after a failover";
            return Ok(Some(Fate::Unknown(why.into())));
        }
        let sql = format!("select pg_catalog.pg_xact_status('{transaction}'::pg_catalog.xid8)");
        let status = match connection.add_query(&sql, Begin::No, Fetch::All) {
            Ok((_, rows)) => rows.and_then(|rows| rows.rows.into_iter().flatten().next()),
            // "in the future": the server crashed before it was written
            Err(error) if error.server.as_ref().is_some_and(|server| server.sqlstate == "22023") => {
                return Ok(Some(Fate::RolledBack));
            }
            Err(error) => return Err(error),
        };
        let recovered = now.recovered_since(server);
        Ok(match status {
            Some(Cell::Text(status)) if status == "committed" && recovered => Some(Fate::Unknown(
                "the server recovered from a crash, and may have given its number to another transaction"
                    .into(),
            )),
            Some(Cell::Text(status)) if status == "committed" => Some(Fate::Committed),
            Some(Cell::Text(status)) if status == "aborted" || recovered => Some(Fate::RolledBack),
            Some(Cell::Text(_)) => {
                if terminate {
                    let sql = format!(
                        "select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity \
                         where pid operator(pg_catalog.=) {} \
                         and backend_xid operator(pg_catalog.=) pg_catalog.xid('{transaction}'::pg_catalog.xid8)",
                        self.backend_pid
                    );
                    connection.add_query(&sql, Begin::No, Fetch::Nothing)?;
                }
                None
            }
            _ => Some(Fate::Unknown("the server no longer knows the transaction".into())),
        })
    }
}
