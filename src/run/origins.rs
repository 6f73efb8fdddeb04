//! The databases that tables of a run are loaded from: for each, the snapshot that all of its tables see, held by a session of its own.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::adapter::WorkerSession;
use crate::hashed::HashMap;

/// By the number of the output.
#[derive(Default)]
pub(super) struct Origins(Mutex<HashMap<usize, Arc<Mutex<OriginDatabase>>>>);

/// One of them. Whoever holds it opens or gives up the snapshot.
#[derive(Default)]
pub(super) struct OriginDatabase {
    /// How many tables are loaded from it.
    pub(super) tables: usize,
    /// Those that have not ended yet.
    waiting: BTreeSet<String>,
    /// Those that were read.
    pub(super) read: BTreeSet<String>,
    pub(super) snapshot: Option<Snapshot>,
}

/// It lasts as long as its session.
pub(super) struct Snapshot {
    pub(super) session: Arc<WorkerSession>,
    pub(super) id: String,
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        self.session.release();
    }
}

impl Origins {
    /// A table that is to be loaded.
    pub(super) fn expect(&self, output: usize, unique_id: &str) {
        let database = self.at(output);
        let mut database = lock(&database);
        database.tables += 1;
        database.waiting.insert(unique_id.to_owned());
    }

    pub(super) fn at(&self, output: usize) -> Arc<Mutex<OriginDatabase>> {
        Arc::clone(lock(&self.0).entry(output).or_default())
    }

    /// A table whose load has ended: the last one gives up the snapshot.
    pub(super) fn leave(&self, output: usize, unique_id: &str) {
        let database = self.at(output);
        let mut database = lock(&database);
        database.waiting.remove(unique_id);
        if database.waiting.is_empty() {
            database.snapshot = None;
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
