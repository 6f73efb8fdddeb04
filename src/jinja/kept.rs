//! Texts that live as long as the process.

use std::sync::{LazyLock, Mutex, PoisonError};

use crate::hashed::HashSet;

/// Texts of macros and `{% call %}` bodies live as long as the process: values point into them, and a
/// process reads a project once. Each text is kept once.
pub(super) fn keep(text: &str) -> &'static str {
    static KEPT: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = kept.get(text) {
        return known;
    }
    let leaked: &'static str = Box::leak(text.into());
    kept.insert(leaked);
    leaked
}
