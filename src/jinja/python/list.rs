//! Python's `list`: minijinja's sequences cannot change, dbt's macros append to theirs.

use std::sync::{Mutex, MutexGuard, PoisonError};

use minijinja::value::Value;

/// A mutable sequence, shared by all who hold it.
pub(crate) struct List(Mutex<Vec<Value>>);

/// A new mutable list, for the engine's rewrite of `[a, b]`.
pub(crate) fn list(values: Vec<Value>) -> Value {
    Value::from_object(List::new(values))
}

impl List {
    pub(crate) fn new(values: Vec<Value>) -> Self {
        Self(Mutex::new(values))
    }

    /// The items as they are now.
    pub(crate) fn snapshot(&self) -> Vec<Value> {
        self.lock().clone()
    }

    pub(crate) fn push(&self, value: Value) {
        self.lock().push(value);
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Vec<Value>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
