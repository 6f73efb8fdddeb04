//! What a node's templates see besides macros, and where what they say goes.

use std::any::Any;

use minijinja::Value;

/// What a template said on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// `log(..)`; with `info=True` the user sees it on the terminal.
    Log { text: String, info: bool },
    /// `print(..)`.
    Print(String),
    /// `exceptions.warn(..)`.
    Warn(String),
    /// A warning with an event of its own, as of something deprecated.
    Warning { event: &'static str, text: String },
}

/// The root context of one node: `parse`, `run` and `commands` implement it.
///
/// A name is looked up as macro parameter, then [`Context::override_of`], then macro, then [`Context::get`].
pub trait Context: Send + Sync {
    fn get(&self, name: &str) -> Option<Value>;

    /// The names that `get` knows, for "did you mean".
    fn names(&self) -> Vec<String> {
        Vec::new()
    }

    /// The package of the node: its macros come first when a name is looked up.
    fn package(&self) -> &str;

    /// dbt's locator for error messages, as `model orders (models/orders.sql)`.
    fn subject(&self) -> Option<String> {
        None
    }

    /// False while parsing: undefined names and calls are tolerated then.
    fn execute(&self) -> bool;

    /// Where `log`, `print` and warnings go.
    fn emit(&self, message: Message) {
        let _ = message;
    }

    /// The node itself called this macro: it belongs to the node's `depends_on.macros`.
    fn called(&self, unique_id: &str) {
        let _ = unique_id;
    }

    /// A value that hides the macro of this name (`is_incremental`, `dbt_utils.star`): unit tests use it.
    fn override_of(&self, name: &str) -> Option<Value> {
        let _ = name;
        None
    }

    /// For functions that need more of their own context than this trait tells.
    fn as_any(&self) -> &dyn Any;
}
