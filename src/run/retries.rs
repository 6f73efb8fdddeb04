//! Work that failed for a reason that may pass is done again, unless something of it lasts already.

use std::time::Duration;

use super::event::Event;
use super::node::{NodeRun, Worker};
use super::plan::Action;
use super::state::{Run, take_escalated};
use crate::adapter::is_transient;
use crate::diagnostic::{Diagnostic, Result};

const ATTEMPTS: u32 = 5;

/// Before attempt 2, 3..: 0.05 s, 0.2 s, 0.8 s, 3.2 s.
fn pause(attempt: u32) -> Duration {
    Duration::from_millis(50 * 4_u64.pow(attempt - 1))
}

fn announcement(what: &str, error: &Diagnostic, attempt: u32) -> Event {
    let reason = error.message.lines().next().unwrap_or_default();
    let seconds = pause(attempt).as_secs_f64();
    Event::Note {
        msg: format!("{what} failed ({reason}); attempt {} of {ATTEMPTS} in {seconds:.2}s", attempt + 1),
    }
}

impl NodeRun<'_, '_> {
    /// Deadlocks, serialization failures, lock timeouts, lost connections and lost locks: from the beginning of
    /// the node, as long as nothing of it was committed. What the process learnt meanwhile is forgotten.
    pub(super) fn with_retries<T>(
        &mut self,
        worker: &mut Worker,
        mut work: impl FnMut(&mut Self, &mut Worker) -> Result<T>,
    ) -> Result<T> {
        let mut attempt = 1;
        loop {
            worker.begin_unit();
            let done = work(self, worker);
            let Err(error) = done else { return done };
            // a test makes its tables anew: what was committed of them does no harm
            let lasts =
                worker.has_committed() && !matches!(self.step.action, Action::Test | Action::UnitTest);
            let final_error = !is_transient(&error) || lasts;
            if attempt == ATTEMPTS || final_error || self.run.in_flight.is_cancelled() {
                return Err(error);
            }
            let unique_id = self.step.unique_id.clone();
            self.run.emitter.emit_for(&self.info, announcement(&unique_id, &error, attempt));
            std::thread::sleep(pause(attempt));
            take_escalated();
            self.watch.phases.clear();
            worker.start_again(self.run, &unique_id, &self.info)?;
            attempt += 1;
        }
    }
}

impl Run<'_> {
    /// For work around the nodes.
    pub(super) fn with_retries<T>(
        &self,
        what: &str,
        may_repeat: &dyn Fn() -> bool,
        mut work: impl FnMut() -> Result<T>,
    ) -> Result<T> {
        let mut attempt = 1;
        loop {
            let done = work();
            let Err(error) = done else { return done };
            let final_error = !is_transient(&error) || !may_repeat();
            if attempt == ATTEMPTS || final_error || self.inputs.interrupt.is_set() {
                return Err(error);
            }
            self.emitter.emit(announcement(what, &error, attempt));
            std::thread::sleep(pause(attempt));
            attempt += 1;
        }
    }
}
