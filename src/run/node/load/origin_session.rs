//! The session in which a table of another database is read: one read-only transaction, which sees one snapshot.

use std::sync::Arc;

use super::super::super::emitter::NodeInfo;
use super::super::super::origins::lock;
use super::super::super::state::Run;
use super::super::worker::at_site;
use super::read_only;
use super::shared_snapshot::shared;
use crate::adapter::{Begin, Connection, Fetch, WorkerSession, is_transient, quote_literal};
use crate::diagnostic::Result;

/// Ends when it is dropped.
pub(super) struct OriginSession<'r> {
    run: &'r Run<'r>,
    session: Arc<WorkerSession>,
    name: String,
}

impl<'r> OriginSession<'r> {
    /// Beside the worker's own sessions: a connection may mean the database that is written to.
    pub(super) fn new(run: &'r Run<'r>, output: usize, unique_id: &str, info: &NodeInfo) -> Result<Self> {
        let name = at_site(unique_id);
        let session = read_only::open(run, output, unique_id, &name, Some(info))?;
        let this = Self { run, session, name };
        this.take_snapshot(output, unique_id)?;
        Ok(this)
    }

    pub(super) fn session(&self) -> &WorkerSession {
        &self.session
    }

    /// The one of all tables that come from this database. It may be lost between being looked at and being taken.
    fn take_snapshot(&self, output: usize, unique_id: &str) -> Result<()> {
        for is_last in [false, true] {
            let Some(id) = shared(self.run, output, unique_id)? else { return Ok(()) };
            let sql = format!("set transaction snapshot {}", quote_literal(&id));
            match self.session.execute(&sql, Begin::Auto, Fetch::Nothing) {
                Ok(_) => {
                    let database = self.run.origins.at(output);
                    lock(&database).read.insert(unique_id.to_owned());
                    return Ok(());
                }
                Err(error) if is_last || is_transient(&error) => return Err(error),
                Err(_) => self.session.with(Connection::abandon)?,
            }
        }
        Ok(())
    }
}

impl Drop for OriginSession<'_> {
    fn drop(&mut self) {
        self.run.in_flight.leave(&self.name);
        self.session.release();
    }
}
