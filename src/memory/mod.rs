//! What rsdbt remembers about relations and jobs: the schema `rsdbt` of a database. Macros read and write its tables
//! in the transaction of the node; this module makes them, migrates them, and refuses those of a stranger.

mod advice;
mod condition;
mod layout;
mod legacy;
mod migrate;
mod statement;
mod stranger;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, PoisonError};

use crate::adapter::{Connection, WorkerSession};
use crate::diagnostic::Result;

use condition::{Condition, Verdict};

/// The code of the error where a role may not make the schema.
pub(crate) const DENIED: &str = "memory-denied";

/// Whether this process has looked already: once is enough.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    ready: Mutex<Option<Readiness>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readiness {
    Ready,
    /// Nothing has needed the tables yet.
    Missing,
    /// The role may not create the schema.
    Absent,
}

impl Memory {
    /// Before somebody asks, in a session that has nothing else to do. An error is met again by whoever asks.
    pub(crate) fn look_ahead(&self, connection: &mut Connection) {
        if Condition::read(connection).is_ok_and(|condition| condition.verdict() == Verdict::Ready) {
            *self.ready.lock().unwrap_or_else(PoisonError::into_inner) = Some(Readiness::Ready);
        }
    }

    /// Another run, perhaps of another rsdbt, has worked meanwhile.
    pub(crate) fn look_again(&self) {
        *self.ready.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Makes the tables where they are missing or old, in a transaction of another session.
    pub(crate) fn require(&self, session: &WorkerSession) -> Result<()> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if *ready != Some(Readiness::Ready) {
            session.with(prepare)?;
            *ready = Some(Readiness::Ready);
        }
        Ok(())
    }

    /// For what works without memory, too: false where there is none and the role may not create it.
    pub(crate) fn offer(&self, session: &WorkerSession) -> Result<bool> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*ready, None | Some(Readiness::Missing)) {
            *ready = Some(look(session)?);
        }
        if *ready == Some(Readiness::Missing) {
            session.with(prepare)?;
            *ready = Some(Readiness::Ready);
        }
        Ok(*ready == Some(Readiness::Ready))
    }

    /// Whether there are tables that can be read: makes none.
    pub(crate) fn exists(&self, session: &WorkerSession) -> Result<bool> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if ready.is_none() {
            *ready = Some(look(session)?);
        }
        Ok(*ready == Some(Readiness::Ready))
    }
}

fn look(session: &WorkerSession) -> Result<Readiness> {
    Ok(match session.with(Condition::read)?.verdict() {
        Verdict::Denied | Verdict::Untrusted | Verdict::Newer => Readiness::Absent,
        Verdict::Missing => Readiness::Missing,
        Verdict::Ready => Readiness::Ready,
        Verdict::Old => {
            session.with(prepare)?;
            Readiness::Ready
        }
    })
}

/// The connection's transaction goes on; the tables are made in one of their own, which commits first.
pub(crate) fn prepare(connection: &mut Connection) -> Result<()> {
    let condition = Condition::read(connection)?;
    match condition.verdict() {
        Verdict::Ready => Ok(()),
        Verdict::Denied | Verdict::Untrusted | Verdict::Newer => Err(advice::refusal(&condition)),
        Verdict::Missing | Verdict::Old => migrate::migrate(connection.settings()),
    }
}
