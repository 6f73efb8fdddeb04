//! The phases of a node's work, as `run_results.json` tells them.

use std::time::Instant;

use jiff::Timestamp;

use super::results::Timing;

/// A stop watch for one node.
#[derive(Debug)]
pub(super) struct Watch {
    began: Instant,
    pub(super) started_at: Timestamp,
    pub(super) phases: Vec<Timing>,
}

impl Watch {
    pub(super) fn start() -> Self {
        Self { began: Instant::now(), started_at: crate::clock::now(), phases: Vec::new() }
    }

    /// Runs a phase and notes when it began and ended, also when it fails.
    pub(super) fn phase<T>(&mut self, name: &str, work: impl FnOnce() -> T) -> T {
        let started_at = crate::clock::now();
        let result = work();
        self.phases.push(Timing { name: name.to_owned(), started_at, completed_at: crate::clock::now() });
        result
    }

    pub(super) fn seconds(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }
}
