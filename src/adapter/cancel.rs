//! Stopping a session's statement from another thread, by the protocol's own request: it needs no free connection,
//! no password and no name resolution.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use postgres_protocol::message::frontend;

use crate::diagnostic::{Diagnostic, Result};

use super::stream::{Endpoint, Severable};
use super::{Settings, open};

/// How long a request may take: the server may be gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// Stops what a connection is doing.
#[derive(Debug, Clone)]
pub(crate) struct CancelHandle {
    settings: Arc<Settings>,
    /// Where the session is, as it was reached.
    endpoint: Endpoint,
    over_tls: bool,
    socket: Option<Arc<Severable>>,
    pid: i32,
    secret: i32,
}

impl CancelHandle {
    pub(super) fn new(settings: &Arc<Settings>, place: &open::Peer, key: (i32, i32)) -> Self {
        Self {
            settings: Arc::clone(settings),
            endpoint: place.endpoint.clone(),
            over_tls: place.over_tls,
            socket: place.socket.clone(),
            pid: key.0,
            secret: key.1,
        }
    }

    /// As the session itself was told.
    pub(crate) fn backend_pid(&self) -> i32 {
        self.pid
    }

    pub(crate) fn is_at(&self, settings: &Settings) -> bool {
        self.settings.place() == settings.place()
    }

    /// Cancels the statement that runs; the session stays. The server checks the secret, so that a
    /// reused process id cannot hit another session.
    pub(crate) fn cancel(&self) -> Result<()> {
        let failed = |error: io::Error| {
            Diagnostic::database("cancel-failed", format!("could not cancel: {error}")).boxed()
        };
        self.request().map_err(failed)
    }

    fn request(&self) -> io::Result<()> {
        let timeout = self.settings.patience.connect_timeout;
        let timeout = if timeout.is_zero() { PATIENCE } else { timeout.min(PATIENCE) };
        let mut settings = Settings::clone(&self.settings);
        settings.patience.connect_timeout = timeout;
        let mut stream = self.endpoint.connect(&settings)?;
        if self.over_tls {
            stream = open::secure(stream, &self.endpoint, &settings)?;
        }
        let mut request = BytesMut::new();
        frontend::cancel_request(self.pid, self.secret, &mut request);
        stream.write_all(&request)?;
        stream.flush()?;
        // the server closes the stream once it has passed the signal on
        let _ = stream.read(&mut [0]);
        Ok(())
    }

    /// Ends this side of the session: whoever waits for the server's answer stops waiting.
    pub(crate) fn sever(&self) {
        if let Some(socket) = &self.socket {
            socket.sever();
        }
    }
}
