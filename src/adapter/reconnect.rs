//! Connecting while the server restarts: a run that has reached its server waits for it to come back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::diagnostic::Result;

use super::early::Slot;
use super::server_error::is_unreachable;
use super::{Connection, Observer, Settings};

/// Opens a session. When the server was reached before, one that cannot be reached for now is asked again for
/// `reconnect_timeout`; when it does not come back, nobody waits for it again.
/// The first attempt may have begun early.
pub(super) fn open(
    settings: &Arc<Settings>,
    early: Option<&Slot>,
    observer: &dyn Observer,
) -> Result<Connection> {
    let begun = Instant::now();
    let mut told = false;
    let mut wait = Duration::from_millis(20);
    loop {
        let error = match early
            .and_then(|early| early.take(settings))
            .unwrap_or_else(|| Connection::open(settings))
        {
            Ok(connection) => return Ok(connection),
            Err(error) => error,
        };
        let contact = &settings.contact;
        if !contact.was_reached() || !is_unreachable(&error) || observer.is_cancelled() {
            return Err(error);
        }
        if begun.elapsed() > settings.patience.reconnect_timeout {
            contact.give_up();
            return Err(error);
        }
        if !std::mem::replace(&mut told, true) {
            let message = error.message.lines().next().unwrap_or_default();
            let seconds = settings.patience.reconnect_timeout.as_secs();
            observer.note(&format!("{message}; trying to reconnect for {seconds} s"));
        }
        std::thread::sleep(wait);
        wait = (wait * 2).min(Duration::from_millis(500));
    }
}
