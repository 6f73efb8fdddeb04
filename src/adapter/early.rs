//! Sessions that a run finds ready: opened while the project is still being read, as a server takes about as long for the one as
//! a small project for the other, or kept from the run before, where one run follows another.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
    /// Runs leave their sessions to the next one.
    keeps: AtomicBool,
}

/// A session that is taken once, with what went wrong.
#[derive(Default)]
pub(super) struct Slot(Mutex<Option<Ready>>);

enum Ready {
    /// It is on its way.
    Opening(JoinHandle<Result<Connection>>),
    /// A run has used them.
    Kept(Vec<Connection>),
}

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

    /// From now on a run leaves its sessions to the next one, until [`Self::let_go`].
    pub(crate) fn keep(&self) {
        self.keeps.store(true, Ordering::Relaxed);
    }

    /// No run follows soon: a session that idles keeps nobody waiting.
    pub(crate) fn let_go(&self) {
        for slot in [&self.lock, &self.first] {
            drop(slot.ready().take_if(|ready| matches!(ready, Ready::Kept(_))));
        }
    }

    /// A run is followed by another one at once.
    pub(crate) fn keeps(&self) -> bool {
        self.keeps.load(Ordering::Relaxed)
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
        *self.ready() = opened.ok().map(Ready::Opening);
    }

    fn ready(&self) -> MutexGuard<'_, Option<Ready>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Of a run that has ended, without a transaction. Nothing of that run lives on in it: its lock would be held meanwhile.
    pub(super) fn keep(&self, mut connection: Connection) {
        connection.require_lock(None);
        match &mut *self.ready() {
            Some(Ready::Kept(kept)) => kept.push(connection),
            empty => *empty = Some(Ready::Kept(vec![connection])),
        }
    }

    pub(super) fn take(&self, settings: &Arc<Settings>) -> Option<Result<Connection>> {
        let opened = match self.kept() {
            Some(kept) => Ok(kept),
            None => opened(self.opening()?)?,
        };
        Some(opened.inspect(|_| settings.contact.reached()).map(|connection| connection.of(settings)))
    }

    /// As good as new; one that is gone meanwhile is none.
    fn kept(&self) -> Option<Connection> {
        loop {
            let Some(Ready::Kept(kept)) = &mut *self.ready() else { return None };
            let mut connection = kept.pop()?;
            if connection.reset().is_ok() && !connection.is_lost() {
                return Some(connection);
            }
        }
    }

    fn opening(&self) -> Option<JoinHandle<Result<Connection>>> {
        match self.ready().take_if(|ready| matches!(ready, Ready::Opening(_)))? {
            Ready::Opening(opening) => Some(opening),
            Ready::Kept(_) => None,
        }
    }
}

fn opened(opening: JoinHandle<Result<Connection>>) -> Option<Result<Connection>> {
    if opening.is_finished() {
        return opening.join().ok();
    }
    match interrupt::unless_interrupted(move || opening.join().ok()) {
        Some(opened) => opened,
        None => Some(Err(Connection::interrupted())),
    }
}

impl fmt::Debug for Early {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Early").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::test_database;
    use crate::adapter::{LockSession, observer::Unobserved};

    #[test]
    fn a_session_that_is_kept_holds_no_lock() {
        let settings = test_database::settings();
        let open = || LockSession::open(&settings, &Early::default(), &Unobserved).unwrap();
        let (held, other) = (Arc::new(open()), open());
        let name = format!("kept {}", std::process::id());
        assert!(held.try_lock(&name).unwrap() && !other.try_lock(&name).unwrap());

        let early = Early::default();
        let mut connection = test_database::connect();
        connection.require_lock(Some(Arc::<LockSession>::clone(&held)));
        early.first.keep(connection);
        assert_eq!(Arc::strong_count(&held), 1);

        let beside = Arc::clone(&held);
        held.hand_on(&early);
        let soon = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while !other.try_lock(&name).unwrap() {
            assert!(std::time::Instant::now() < soon, "held by a session that was handed on");
        }
        drop(beside);
    }
}
