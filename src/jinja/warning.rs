//! Warnings of the language's own functions.

use std::sync::atomic::{AtomicBool, Ordering};

use minijinja::State;

use super::context::Message;
use super::scope::Scope;

/// A warning that is given once per invocation.
pub(crate) fn warn_once(state: &State<'_, '_>, warned: &AtomicBool, event: &'static str, text: &str) {
    if !warned.swap(true, Ordering::Relaxed)
        && let Ok(scope) = Scope::of(state)
    {
        scope.context().emit(Message::Warning { event, text: text.to_owned() });
    }
}
