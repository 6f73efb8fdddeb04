//! A session that only reads, all of it in one snapshot.

use std::sync::Arc;

use super::super::super::emitter::NodeInfo;
use super::super::super::state::Run;
use super::super::worker::watch;
use crate::adapter::WorkerSession;
use crate::diagnostic::Result;

const SETTINGS: [(&str, &str); 7] = [
    ("default_transaction_read_only", "on"),
    ("default_transaction_isolation", "repeatable read"),
    // a policy that hides rows is an error
    ("row_security", "off"),
    // it waits while this database waits for a lock, and the snapshot while tables are read
    ("idle_in_transaction_session_timeout", "0"),
    // what is declared as text has the same text under all settings of the server
    ("extra_float_digits", "3"),
    ("bytea_output", "hex"),
    ("intervalstyle", "postgres"),
];

pub(super) fn open(
    run: &Run<'_>,
    output: usize,
    unique_id: &str,
    name: &str,
    info: Option<&NodeInfo>,
) -> Result<Arc<WorkerSession>> {
    let session = WorkerSession::new(&run.outputs[output].settings, None);
    watch(run, &session, unique_id, name, info)?;
    session.set_settings(SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec());
    Ok(session)
}
