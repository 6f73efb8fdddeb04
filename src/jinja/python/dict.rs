//! Python's `dict`: keeps insertion order, takes any hashable key, and can be changed in place.

use std::hash::{Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use indexmap::Equivalent;
use minijinja::value::{Value, ValueKind};

use crate::hashed::IndexMap;

pub(super) type Pairs = IndexMap<Value, Value>;

/// A mutable mapping, shared by all who hold it.
pub(crate) struct Dict(Mutex<Pairs>);

/// Looks a text up without making a value of it.
pub(super) struct TextKey<'a>(pub(super) &'a str);

impl Hash for TextKey<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // As `Value` hashes its texts.
        self.0.hash(state);
    }
}

impl Equivalent<Value> for TextKey<'_> {
    fn equivalent(&self, key: &Value) -> bool {
        key.kind() == ValueKind::String && key.as_str() == Some(self.0)
    }
}

/// A new mutable dict, for the engine's rewrite of `{k: v}`.
pub(crate) fn dict(pairs: impl IntoIterator<Item = (Value, Value)>) -> Value {
    Value::from_object(Dict::new(pairs))
}

impl Dict {
    pub(crate) fn new(pairs: impl IntoIterator<Item = (Value, Value)>) -> Self {
        Self(Mutex::new(pairs.into_iter().collect()))
    }

    /// The pairs as they are now.
    pub(crate) fn snapshot(&self) -> Vec<(Value, Value)> {
        self.lock().iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    pub(crate) fn get(&self, key: &str) -> Option<Value> {
        self.lock().get(&TextKey(key)).cloned()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Pairs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
