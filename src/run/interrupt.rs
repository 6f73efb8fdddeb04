//! Ctrl-C and the end of a run before its end: what is in flight is cancelled on the server.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::adapter::CancelHandle;
use crate::diagnostic::{Diagnostic, Result};
use crate::hashed::HashMap;

/// How often Ctrl-C is looked for.
const LOOK: Duration = Duration::from_millis(50);

/// Set by a signal; every loop that waits looks at it.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// The first Ctrl-C asks for an orderly end, a second one ends the process at once. One for the whole process.
    pub fn install() -> Result<Self> {
        static INSTALLED: Mutex<Option<Interrupt>> = Mutex::new(None);
        let mut installed = INSTALLED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(interrupt) = installed.as_ref() {
            return Ok(interrupt.clone());
        }
        let interrupt = Self::default();
        let fail = |error: std::io::Error| {
            Diagnostic::runtime("no-signal-handler", "could not listen for Ctrl-C").cause(error.to_string())
        };
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&interrupt.0))
                .map_err(fail)?;
            signal_hook::flag::register(signal, Arc::clone(&interrupt.0)).map_err(fail)?;
        }
        *installed = Some(interrupt.clone());
        Ok(interrupt)
    }

    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The statements in flight: node id to the handle that stops it.
#[derive(Debug, Default)]
pub struct InFlight {
    handles: Mutex<HashMap<String, CancelHandle>>,
    cancelled: AtomicBool,
}

impl InFlight {
    /// A session that opens after the end was called for is ended at once.
    pub fn enter(&self, unique_id: &str, handle: CancelHandle) {
        if self.is_cancelled() {
            let _ = handle.terminate();
            return;
        }
        if let Ok(mut handles) = self.handles.lock() {
            handles.insert(unique_id.to_owned(), handle);
        }
    }

    pub fn leave(&self, unique_id: &str) {
        if let Ok(mut handles) = self.handles.lock() {
            handles.remove(unique_id);
        }
    }

    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// After the nodes of a run that failed fast, its closing hooks still run.
    pub fn reopen(&self) {
        self.cancelled.store(false, Ordering::Relaxed);
    }

    /// Ends every session that works on a node; the ids of the nodes.
    pub fn cancel_all(&self) -> Vec<String> {
        self.cancelled.store(true, Ordering::Relaxed);
        let Ok(mut handles) = self.handles.lock() else { return Vec::new() };
        let mut cancelled: Vec<(String, CancelHandle)> = handles.drain().collect();
        drop(handles);
        cancelled.sort_by(|left, right| left.0.cmp(&right.0));
        // A session that is already gone needs no cancelling.
        cancelled.into_iter().filter_map(|(id, handle)| handle.terminate().is_ok().then_some(id)).collect()
    }
}

/// Does `work` while another thread looks for Ctrl-C and ends what is in flight.
pub(super) fn watched<T>(interrupt: &Interrupt, in_flight: &InFlight, work: impl FnOnce() -> T) -> T {
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
