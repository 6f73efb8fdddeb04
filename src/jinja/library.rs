//! The macros, as the language asks for them.

use std::sync::Arc;

use minijinja::Value;

use super::context::Context;
use super::macros::MacroDef;
use crate::diagnostic::Diagnostic;

/// Who knows what the names of macros mean. A scope owns one; whoever runs templates implements it.
pub(crate) trait Library: Send + Sync {
    /// What a bare name means in a template of a package.
    fn value(&self, name: &str, package: &str) -> Option<Value>;

    /// The macro that a call of this name runs.
    fn definition(&self, name: &str, package: &str) -> Option<Arc<MacroDef>>;

    /// The macro that dbt's adapter finds by this name: the root project's, a package's, the built-in one.
    fn anywhere(&self, name: &str) -> Option<Arc<MacroDef>>;

    /// Whether a name stands for a package (`dbt_utils.star()`).
    fn is_package(&self, name: &str) -> bool;

    /// Whether a package of this name, with macros, hides built-in macros and functions.
    fn hides(&self, name: &str) -> bool;

    /// What `package.name` means.
    fn value_in(&self, package: &str, name: &str) -> Option<Value>;

    /// All that `package.name` can be.
    fn names_in(&self, package: &str) -> Vec<String>;

    /// `adapter.dispatch(name, namespace)`, or the names that were tried.
    fn dispatch(&self, name: &str, namespace: Option<&str>, package: &str) -> Result<Value, Vec<String>>;

    /// What a macro answers without being run.
    fn answer(&self, definition: &MacroDef, args: &[Value], context: &dyn Context) -> Option<Value>;

    /// Asked in loops and calls: an error ends the template.
    fn goes_on(&self) -> Result<(), Box<Diagnostic>>;

    fn did_you_mean(&self, name: &str) -> Option<String>;

    fn did_you_mean_in(&self, package: &str, name: &str) -> Option<String>;
}
