//! Python's `set`, in insertion order so that output is the same each time.

use std::sync::{Mutex, MutexGuard, PoisonError};

use minijinja::Error;
use minijinja::value::{Value, ValueKind};

use crate::hashed::IndexSet;

use super::{type_error, type_name};

pub(super) type Members = IndexSet<Value>;

/// A mutable set of hashable values.
pub(crate) struct Set(Mutex<Members>);

impl Set {
    /// Lists, dicts and sets cannot be members, as in Python.
    pub(crate) fn new(values: impl IntoIterator<Item = Value>) -> Result<Self, Error> {
        let mut members = Members::default();
        for value in values {
            check_hashable(&value)?;
            members.insert(value);
        }
        Ok(Self(Mutex::new(members)))
    }

    pub(super) fn value(members: Members) -> Value {
        Value::from_object(Self(Mutex::new(members)))
    }

    pub(crate) fn snapshot(&self) -> Members {
        self.lock().clone()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Members> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lists, dicts and sets are no keys, and neither are tuples of them.
pub(crate) fn check_hashable(value: &Value) -> Result<(), Error> {
    if matches!(value.kind(), ValueKind::String | ValueKind::Number | ValueKind::Bool | ValueKind::None) {
        return Ok(());
    }
    if value.is_tuple() {
        return value.try_iter()?.try_for_each(|item| check_hashable(&item));
    }
    let name = type_name(value);
    if matches!(name.as_str(), "list" | "dict" | "set") {
        return Err(type_error(format!("unhashable type: '{name}'")));
    }
    Ok(())
}
