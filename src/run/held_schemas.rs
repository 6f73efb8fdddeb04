//! What a run has locked.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use crate::adapter::LockSession;

/// What a run holds; nothing for commands that write no relations.
#[derive(Debug, Default)]
pub(super) struct Locks {
    pub(super) schemas: Mutex<BTreeSet<String>>,
    pub(super) session: Mutex<Option<Arc<LockSession>>>,
}
