//! What a template told while it was parsed.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value as Json};

use crate::manifest::RefArgs;

/// What a template told while it was parsed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recorded {
    pub refs: Vec<RefArgs>,
    pub sources: Vec<Vec<String>>,
    pub metrics: Vec<Vec<String>>,
    pub functions: Vec<Vec<String>>,
    /// The merged arguments of all `config()` calls.
    pub config: Map<String, Json>,
    pub macros: Vec<String>,
}

pub(super) fn lock(recorded: &Mutex<Recorded>) -> MutexGuard<'_, Recorded> {
    recorded.lock().unwrap_or_else(PoisonError::into_inner)
}
