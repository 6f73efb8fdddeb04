//! What a run has locked.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::adapter::LockSession;

/// What a run holds; nothing for commands that write no relations.
#[derive(Debug, Default)]
pub(super) struct Locks {
    pub(super) names: Mutex<BTreeSet<Locked>>,
    pub(super) session: Mutex<Option<Arc<LockSession>>>,
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
