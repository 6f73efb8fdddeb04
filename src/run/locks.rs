//! The locks that keep two runs apart: held by a session of their own, and proven before each commit.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::event::Event;
use super::held_schemas::Locked;
use super::inputs::{Command, Introspection};
use super::node::Worker;
use super::outputs::Output;
use super::plan::Plan;
use super::state::Run;
use crate::adapter::{HeldLock, LockSession, Observer};
use crate::diagnostic::{Diagnostic, Result};

/// How often a waiting run asks again: the longer it waits, the less often.
const ASK: [Duration; 2] = [Duration::from_millis(10), Duration::from_millis(500)];

/// A wait that is no longer is not worth a line: the server may still be ending the session of the run before.
const NOT_WORTH_A_LINE: Duration = Duration::from_millis(100);

/// Tells the user why a session waits.
pub(super) struct Waiting<'r, 'a>(pub(super) &'r Run<'a>);

impl Observer for Waiting<'_, '_> {
    fn note(&self, message: &str) {
        self.0.emitter.emit(Event::Note { msg: message.to_owned() });
    }

    fn is_cancelled(&self) -> bool {
        self.0.inputs.interrupt.is_set()
    }
}

/// The run's lock, and what is proven besides.
struct Proven {
    session: Arc<LockSession>,
    proof: String,
}

impl HeldLock for Proven {
    fn is_held(&self) -> bool {
        self.session.is_held()
    }

    fn proof(&self) -> String {
        format!("select ({}), {}", self.session.proof(), self.proof)
    }

    fn refuses_commits(&self) -> bool {
        true
    }
}

impl Run<'_> {
    /// Keeps other runs of this program off the schemas that this run writes. A second run waits.
    pub(super) fn lock_schemas(&self, plan: &Plan) -> Result<()> {
        if !self.writes() {
            return Ok(());
        }
        for output in 0..self.outputs.len() {
            let of = self.lock_holder(output);
            let mut names = self.outputs[of].locks.names.lock().unwrap_or_else(PoisonError::into_inner);
            names.extend(self.locked(plan, output));
        }
        let mut order: Vec<usize> = (0..self.outputs.len()).collect();
        order.sort_by_key(|output| self.outputs[*output].place());
        order.into_iter().try_for_each(|output| self.held_locks(output).map(drop))
    }

    fn writes(&self) -> bool {
        !matches!(
            self.inputs.command,
            Command::Compile | Command::Show { .. } | Command::Freshness | Command::Test
        )
    }

    /// Locks while the session of the preparations connects: each of them waits for the server.
    pub(super) fn lock_and_connect(&self, master: &mut Worker, plan: &Plan) -> Result<()> {
        let needs_both = self.writes() && self.inputs.options.introspection == Introspection::Allowed;
        let adapter = needs_both.then(|| master.adapter_at(self, 0));
        thread::scope(|scope| {
            if let Some(adapter) = &adapter {
                scope.spawn(|| adapter.connect());
            }
            self.with_retries("locking the schemas", &|| true, || self.lock_schemas(plan))
        })
    }

    /// The session that holds the locks. When it was lost they are taken again, and what was known of the
    /// relations is read again: another run may have worked in between.
    pub(super) fn held_locks(&self, asked: usize) -> Result<Option<Arc<dyn HeldLock>>> {
        let output = &self.outputs[self.lock_holder(asked)];
        let names = output.locks.names.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if names.is_empty() {
            return Ok(None);
        }
        let mut known = output.locks.session.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = known.as_ref().filter(|session| session.is_held()) {
            // a run that holds them together with this one may have taken them again
            if output.is_another(session) {
                self.look_again(output, true);
            }
            return Ok(Some(self.proven(session, asked)));
        }
        let was_lost = known.take().is_some();
        if was_lost {
            let msg =
                "The session that holds the lock of this run was lost; taking the lock again".to_owned();
            self.emitter.emit(Event::Note { msg });
        }
        let session = LockSession::open(&output.settings, &output.early, &Waiting(self))?;
        let waited = self.take_locks(&session, &names)?;
        if was_lost || waited {
            self.look_again(output, was_lost);
        }
        let session = Arc::new(session);
        output.is_another(&session);
        *known = Some(Arc::clone(&session));
        Ok(Some(self.proven(&session, asked)))
    }

    /// Another run may have worked in the database, and changed its relations if the locks were free meanwhile.
    fn look_again(&self, output: &Output, were_free: bool) {
        for same in self.outputs.iter().filter(|other| other.is_same_database(output)) {
            if were_free {
                same.cache.forget();
            }
            same.adapter_settings.memory.look_again();
        }
    }

    /// The first output of the same database holds its locks.
    fn lock_holder(&self, output: usize) -> usize {
        let own = &self.outputs[output];
        self.outputs.iter().position(|other| other.is_same_database(own)).unwrap_or(output)
    }

    /// Together with what else a commit needs, where that can be asked.
    fn proven(&self, session: &Arc<LockSession>, output: usize) -> Arc<dyn HeldLock> {
        match self.inputs.options.terms.proofs.get(&self.outputs[output].name) {
            Some(proof) => Arc::new(Proven { session: Arc::clone(session), proof: proof.clone() }),
            None => Arc::<LockSession>::clone(session),
        }
    }

    /// Whether another session of this run has the lock: two outputs may name one database differently.
    fn holds_already(&self, session: &LockSession, name: &Locked) -> bool {
        let Some(holder) = session.holder(&name.key()) else { return false };
        // a session that another thread is using is looked at the next time
        self.outputs
            .iter()
            .filter_map(|output| output.locks.session.try_lock().ok())
            .any(|known| known.as_ref().is_some_and(|own| own.is(&holder)))
    }

    /// All in one order, so that two runs cannot wait for each other. Whether another run was waited for.
    fn take_locks(&self, session: &LockSession, names: &BTreeSet<Locked>) -> Result<bool> {
        let begun = Instant::now();
        let (mut waited, mut told) = (false, false);
        for name in names {
            let mut is_announced = false;
            while !session.try_lock(&name.key())? && !self.holds_already(session, name) {
                if self.inputs.interrupt.is_set() {
                    return Err(Diagnostic::runtime(
                        "interrupted",
                        "interrupted while waiting for another run",
                    )
                    .boxed());
                }
                if begun.elapsed() > self.inputs.options.terms.lock_wait {
                    return Err(still_locked(session, name));
                }
                waited = true;
                if begun.elapsed() >= NOT_WORTH_A_LINE && !std::mem::replace(&mut told, true) {
                    let holder = session.holder(&name.key());
                    let holder = holder.map_or_else(String::new, |held| format!(" ({})", held.description));
                    let msg = format!("Waiting for another run to finish with {name}{holder}");
                    self.emitter.emit(Event::Note { msg });
                }
                if !std::mem::replace(&mut is_announced, true) {
                    session.announce(&name.key())?;
                }
                std::thread::sleep((begun.elapsed() / 8).clamp(ASK[0], ASK[1]));
            }
            if is_announced {
                session.withdraw(&name.key())?;
            }
        }
        Ok(waited)
    }
}

fn still_locked(session: &LockSession, name: &Locked) -> Box<Diagnostic> {
    let message = format!("another run is still working on {name}").replace('"', "`");
    let error = |message, help: &str| Diagnostic::runtime("schema-locked", message).help(help).boxed();
    match session.holder(&name.key()) {
        Some(holder) => error(
            format!("{message} ({})", holder.description),
            &format!("wait for it to end, or end its session: `select pg_terminate_backend({})`", holder.pid),
        ),
        None => error(message, "wait for it to end, or end its session"),
    }
}
