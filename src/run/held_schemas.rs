//! What a run has locked.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::adapter::{Early, LockSession};

/// A little longer than who waits takes to ask again.
const A_TURN: Duration = Duration::from_millis(600);

/// What a run holds; nothing for commands that write no relations.
#[derive(Debug, Default)]
pub(super) struct Locks {
    pub(super) names: Mutex<BTreeSet<Locked>>,
    pub(super) session: Mutex<Option<Arc<LockSession>>>,
}

impl Locks {
    /// Gives up the locks. Who waits for one has its turn before a run that follows at once.
    pub(super) fn hand_on(&self, early: &Early) {
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(session) = session else { return };
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let is_awaited = early.keeps() && names.iter().any(|name| session.is_awaited(&name.key()));
        session.hand_on(early);
        if is_awaited {
            thread::sleep(A_TURN);
        }
    }
}

/// Locks that several runs of this process hold together, each by its output.
#[derive(Debug, Clone, Default)]
pub(crate) struct HeldTogether(Arc<Mutex<Vec<Arc<Locks>>>>);

impl HeldTogether {
    pub(super) fn of(&self, output: usize) -> Arc<Locks> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while all.len() <= output {
            all.push(Arc::default());
        }
        Arc::clone(&all[output])
    }

    /// The runs have ended: the locks are given up, whoever else knows of them. `early`: of the target, the first output.
    pub(crate) fn hand_on(&self, early: &Early) {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let none = Early::default();
        for (output, locks) in all.iter().enumerate() {
            locks.hand_on(if output == 0 { early } else { &none });
        }
    }
}

/// What a run keeps others off.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Locked {
    Schema(String),
    /// A table that is loaded: others may write elsewhere in its schema.
    Table {
        schema: String,
        table: String,
    },
}

impl Locked {
    /// The text whose hash is the lock.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Schema(name) => name.clone(),
            Self::Table { schema, table } => format!("{schema}\n{table}"),
        }
    }
}

impl std::fmt::Display for Locked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Schema(name) => write!(f, "schema \"{name}\""),
            Self::Table { schema, table } => write!(f, "table \"{schema}.{table}\""),
        }
    }
}
