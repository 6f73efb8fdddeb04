//! Sessions that are opened while the project is still being read: a server takes about as long for the one as a small project
//! for the other.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crate::diagnostic::Result;
use crate::interrupt;

use super::{Connection, Settings};

/// What a run opens first.
#[derive(Default)]
pub(crate) struct Early {
    /// Of the session that holds the locks.
    pub(super) lock: Slot,
    pub(super) first: Slot,
}

/// A session on its way; it is taken once, with what went wrong.
#[derive(Default)]
pub(super) struct Slot(Mutex<Option<JoinHandle<Result<Connection>>>>);

impl Early {
    /// Nobody waits for them, and nobody hears of an error, before they are wanted. `lock` and `first`: what can be asked in them meanwhile.
    pub(crate) fn begin(
        settings: &Settings,
        lock: Option<Ahead>,
        first: impl FnOnce(&mut Connection) + Send + 'static,
    ) -> Self {
        let early = Self::default();
        if let Some(lock) = lock {
            early.lock.begin(settings.for_locks(), move |connection| _ = lock(connection));
        }
        early.first.begin(settings.clone(), first);
        early
    }
}

/// What a session does ahead of the work. It is done again, and its error met, by whoever works there.
type Ahead = fn(&mut Connection) -> Result<()>;

impl Slot {
    fn begin(&self, settings: Settings, ahead: impl FnOnce(&mut Connection) + Send + 'static) {
        let settings = Arc::new(settings);
        let opened = thread::Builder::new().spawn(move || {
            let mut connection = Connection::open_at_leisure(&settings)?;
            let _ = connection.identity();
            ahead(&mut connection);
            Ok(connection)
        });
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = opened.ok();
    }

    pub(super) fn take(&self, settings: &Arc<Settings>) -> Option<Result<Connection>> {
        let opened = self.opened()?;
        Some(opened.inspect(|_| settings.contact.reached()).map(|connection| connection.of(settings)))
    }

    fn opened(&self) -> Option<Result<Connection>> {
        let opening = self.0.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        if opening.is_finished() {
            return opening.join().ok();
        }
        match interrupt::unless_interrupted(move || opening.join().ok()) {
            Some(opened) => opened,
            None => Some(Err(Connection::interrupted())),
        }
    }
}

impl fmt::Debug for Early {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Early").finish_non_exhaustive()
    }
}
