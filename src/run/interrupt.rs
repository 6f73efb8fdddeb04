//! Ctrl-C and the end of a run before its end: what is in flight is cancelled on the server.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::adapter::{CancelHandle, Settings};
use crate::hashed::HashMap;
use crate::interrupt::{Interrupt, LOOK, Watched};

/// How long a session may go on after it was cancelled; then this side ends it.
const GRACE: Duration = Duration::from_secs(10);
/// A request that arrives between two statements has no effect: it is sent again.
const AGAIN: Duration = Duration::from_millis(250);

/// The statements in flight: node id to the handle that stops it.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    handles: Mutex<HashMap<String, CancelHandle>>,
    cancelled: AtomicBool,
    /// Someone sends requests until nothing is in flight.
    cancelling: AtomicBool,
    /// The nodes whose work was cancelled, in the order of their ids.
    ended: Mutex<BTreeSet<String>>,
}

impl InFlight {
    fn handles(&self) -> MutexGuard<'_, HashMap<String, CancelHandle>> {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A session that opens after the end was called for finds out before its first statement.
    pub(super) fn enter(&self, unique_id: &str, handle: CancelHandle) {
        self.handles().insert(unique_id.to_owned(), handle);
    }

    pub(super) fn leave(&self, unique_id: &str) {
        self.handles().remove(unique_id);
    }

    /// The nodes at work on a server, each with its process there.
    pub(super) fn sessions_at(&self, settings: &Settings) -> Vec<(String, i32)> {
        let handles = self.handles();
        let there = handles.iter().filter(|(_, handle)| handle.is_at(settings));
        there.map(|(unique_id, handle)| (unique_id.clone(), handle.backend_pid())).collect()
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// After the nodes of a run that failed fast, its closing hooks still run.
    pub(super) fn reopen(&self) {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.cancelled.store(false, Ordering::Relaxed);
    }

    /// Cancels whatever works on a node, all at once; the ids of the nodes, those of an earlier call included. From now
    /// on no statement is sent, and a thread sees to it that none goes on.
    pub(super) fn cancel_all(self: &Arc<Self>) -> Vec<String> {
        self.cancelled.store(true, Ordering::Relaxed);
        let ids: Vec<String> = {
            let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
            ended.extend(self.handles().keys().cloned());
            ended.iter().cloned().collect()
        };
        if !self.cancelling.swap(true, Ordering::Relaxed) {
            let in_flight = Arc::clone(self);
            let pursue = move || in_flight.pursue();
            if thread::Builder::new().name("cancel".into()).spawn(pursue).is_err() {
                self.pursue();
            }
        }
        ids
    }

    /// Until nothing is in flight any more.
    fn pursue(&self) {
        let begun = Instant::now();
        while self.is_cancelled() && !self.handles().is_empty() {
            self.request();
            if begun.elapsed() > GRACE {
                for handle in self.handles().values() {
                    handle.sever();
                }
            }
            thread::sleep(AGAIN);
        }
        self.cancelling.store(false, Ordering::Relaxed);
    }

    /// One request for each session, none waiting for another. A session that is already gone needs none.
    fn request(&self) {
        let handles: Vec<CancelHandle> = self.handles().values().cloned().collect();
        thread::scope(|scope| {
            for handle in &handles {
                scope.spawn(|| handle.cancel());
            }
        });
    }
}

/// Does `work` while another thread looks for Ctrl-C and ends what is in flight.
pub(super) fn watched<T>(interrupt: &Interrupt, in_flight: &Arc<InFlight>, work: impl FnOnce() -> T) -> T {
    let _watched = Watched::begin();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                if interrupt.is_set() {
                    in_flight.cancel_all();
                    return;
                }
                thread::park_timeout(LOOK);
            }
        });
        let result = work();
        done.store(true, Ordering::Relaxed);
        watcher.thread().unpark();
        result
    })
}
