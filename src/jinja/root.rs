//! What a template and all macros that it calls share.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use minijinja::Value;

use super::context::Context;
use super::environments::Environments;
use super::library::Library;
use crate::hashed::HashMap;

/// What a template and all macros that it calls have in common.
pub(super) struct Root {
    pub(super) library: Arc<dyn Library>,
    pub(super) context: Arc<dyn Context>,
    pub(super) environments: Environments,
    pub(super) assigned: Assigned,
    /// The package of a macro that the adapter calls by name: names are resolved there, not in the package of the node.
    pub(super) package: Option<String>,
}

impl Root {
    /// The package whose macros come first.
    pub(super) fn package(&self) -> &str {
        self.package.as_deref().unwrap_or_else(|| self.context.package())
    }
}

/// Names that templates put into `context`.
#[derive(Default)]
pub(super) struct Assigned(OnceLock<Mutex<HashMap<String, Value>>>);

impl Assigned {
    pub(super) fn get(&self, name: &str) -> Option<Value> {
        let names = self.0.get()?.lock().unwrap_or_else(PoisonError::into_inner);
        names.get(name).cloned()
    }

    pub(super) fn insert(&self, name: String, value: Value) {
        let names = self.0.get_or_init(Mutex::default);
        names.lock().unwrap_or_else(PoisonError::into_inner).insert(name, value);
    }

    pub(super) fn names(&self) -> Vec<String> {
        let names = self.0.get().map(|names| names.lock().unwrap_or_else(PoisonError::into_inner));
        let mut names: Vec<String> = names.map(|names| names.keys().cloned().collect()).unwrap_or_default();
        names.sort();
        names
    }
}
