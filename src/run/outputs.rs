//! The databases of a run: for each a relation cache, a memory, locks and sessions of its own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::held_schemas::Locks;
use super::inputs::RunInputs;
use crate::adapter::{Early, LockSession, RelationCache, Settings, WorkerSession};
use crate::context::objects::Policy;
use crate::context::objects::adapter::AdapterSettings;
use crate::memory::Memory;

/// One of them.
pub(super) struct Output {
    pub(super) name: String,
    pub(super) settings: Arc<Settings>,
    pub(super) early: Arc<Early>,
    pub(super) cache: Arc<RelationCache>,
    pub(super) adapter_settings: Arc<AdapterSettings>,
    pub(super) locks: Arc<Locks>,
    /// The session of the locks under which the cache was read.
    pub(super) seen: Mutex<Option<Weak<LockSession>>>,
    /// The session that prepared the run, for the first thread that needs one.
    spare: Mutex<Option<Arc<WorkerSession>>>,
}

impl Output {
    /// The target's own, then those that connections mean.
    pub(super) fn all(inputs: &RunInputs) -> Vec<Self> {
        let (target, others) = (&inputs.profile.target, &inputs.profile.others);
        let number = (!others.is_empty()).then_some(0);
        let own = Self::new(inputs, number, &target.name, &target.settings, &target.early, &target.memory);
        let others = others.iter().enumerate().map(|(at, other)| {
            let (early, memory) = (Arc::default(), Arc::default());
            Self::new(inputs, Some(at + 1), &other.name, &other.settings, &early, &memory)
        });
        std::iter::once(own).chain(others).collect()
    }

    fn new(
        inputs: &RunInputs,
        output: Option<usize>,
        name: &str,
        settings: &Arc<Settings>,
        early: &Arc<Early>,
        memory: &Arc<Memory>,
    ) -> Self {
        let shared = &inputs.shared;
        let cache: Arc<RelationCache> = Arc::default();
        let database = match output {
            None | Some(0) => shared.target.database.clone(),
            Some(_) => settings.database.clone(),
        };
        let quoting: Policy = shared.project.quoting;
        let adapter_settings = Arc::new(AdapterSettings {
            output,
            output_name: name.to_owned(),
            database,
            project_name: shared.project.name.clone(),
            quoting,
            behavior: shared.invocation.flags.as_object().cloned().unwrap_or_default(),
            cache: Arc::clone(&cache),
            memory: Arc::clone(memory),
        });
        Self {
            name: name.to_owned(),
            settings: Arc::clone(settings),
            early: Arc::clone(early),
            cache,
            adapter_settings,
            locks: inputs.held.as_ref().map_or_else(Arc::default, |held| held.of(output.unwrap_or(0))),
            seen: Mutex::default(),
            spare: Mutex::default(),
        }
    }

    pub(super) fn spare(&self) -> MutexGuard<'_, Option<Arc<WorkerSession>>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The end of the run: its sessions are left to the next one, where one follows at once.
    pub(super) fn hand_on(&mut self) {
        if let Some(session) = self.spare().take() {
            session.hand_on(&self.early);
        }
        // those that other runs hold too are theirs
        if let Some(own) = Arc::get_mut(&mut self.locks) {
            own.hand_on(&self.early);
        }
    }

    /// Whether it is the first time that the locks are those of this session, after another one.
    pub(super) fn is_another(&self, session: &Arc<LockSession>) -> bool {
        let session = Arc::downgrade(session);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let is_another = seen.as_ref().is_some_and(|seen| !seen.ptr_eq(&session));
        *seen = Some(session);
        is_another
    }

    /// Two outputs may lead into one database, under other roles or schemas: its locks are held once.
    pub(super) fn is_same_database(&self, other: &Self) -> bool {
        self.place() == other.place()
    }

    /// What orders the locks of a run's databases, for all runs alike.
    pub(super) fn place(&self) -> (&str, Option<&str>, u16, &str) {
        self.settings.place()
    }
}
