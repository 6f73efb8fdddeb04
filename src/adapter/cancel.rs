//! Stopping a session's work from another thread.

use std::io::{Read, Write};
use std::sync::Arc;

use bytes::BytesMut;
use postgres_protocol::message::frontend;

use crate::diagnostic::{Diagnostic, Result};

use super::{Begin, Connection, Fetch, Settings, open};

/// Stops what a connection is doing.
#[derive(Debug, Clone)]
pub struct CancelHandle {
    settings: Arc<Settings>,
    pid: i32,
    secret: i32,
}

impl CancelHandle {
    pub(super) fn new(settings: &Arc<Settings>, pid: i32, secret: i32) -> Self {
        Self { settings: Arc::clone(settings), pid, secret }
    }

    pub fn backend_pid(&self) -> i32 {
        self.pid
    }

    /// Cancels the statement that runs; the session stays. The server checks the secret, so that a
    /// reused process id cannot hit another session.
    pub fn cancel(&self) -> Result<()> {
        let failed = |error: std::io::Error| {
            Diagnostic::database("cancel-failed", format!("could not cancel: {error}")).boxed()
        };
        let mut stream = open::connect_stream(&self.settings).map_err(failed)?;
        let mut request = BytesMut::new();
        frontend::cancel_request(self.pid, self.secret, &mut request);
        stream.write_all(&request).and_then(|()| stream.flush()).map_err(failed)?;
        // the server closes the stream once it has passed the signal on
        let _ = stream.read(&mut [0]);
        Ok(())
    }

    /// Ends the session, as dbt does on Ctrl-C.
    pub fn terminate(&self) -> Result<()> {
        let mut connection = Connection::open(&self.settings)?;
        let sql = format!("select pg_terminate_backend({})", self.pid);
        connection.add_query(&sql, Begin::No, Fetch::Nothing)?;
        Ok(())
    }
}
