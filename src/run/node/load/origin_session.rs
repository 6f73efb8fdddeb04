//! The session in which a table of another database is read: one read-only transaction, which sees one snapshot.

use std::sync::Arc;

use super::super::super::emitter::NodeInfo;
use super::super::super::state::Run;
use super::super::worker::{at_site, watch};
use crate::adapter::WorkerSession;
use crate::diagnostic::Result;

/// Ends when it is dropped.
pub(super) struct OriginSession<'r> {
    run: &'r Run<'r>,
    session: Arc<WorkerSession>,
    name: String,
}

const SETTINGS: [(&str, &str); 3] = [
    ("default_transaction_read_only", "on"),
    ("default_transaction_isolation", "repeatable read"),
    // a policy that hides rows is an error
    ("row_security", "off"),
];

impl<'r> OriginSession<'r> {
    /// Beside the worker's own sessions: a connection may mean the database that is written to.
    pub(super) fn new(run: &'r Run<'r>, output: usize, unique_id: &str, info: &NodeInfo) -> Result<Self> {
        let session = WorkerSession::new(&run.outputs[output].settings, None);
        let name = at_site(unique_id);
        watch(run, &session, unique_id, &name, Some(info))?;
        session.set_settings(SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec());
        Ok(Self { run, session, name })
    }

    pub(super) fn session(&self) -> &WorkerSession {
        &self.session
    }
}

impl Drop for OriginSession<'_> {
    fn drop(&mut self) {
        self.run.in_flight.leave(&self.name);
        self.session.release();
    }
}
