//! dbt's Jinja on minijinja: macros of all packages, their lookup, and Python's values.
//!
//! [`Engine`] cuts macros out of files and compiles them when they are called. Each call of a macro is a run
//! of its own in a [`Scope`] that knows the node's [`Context`].

mod arguments;
pub mod blocks;
mod call;
mod calls;
mod closure;
mod compile;
mod context;
mod context_object;
mod dispatch;
mod engine;
mod environment;
mod errors;
mod filters;
pub mod functions;
mod globals;
mod header;
mod lower;
mod macros;
mod namespace;
mod native;
mod nesting;
pub mod objects;
mod parsing;
pub mod python;
#[cfg(test)]
mod random_texts;
mod registry;
pub mod runtime;
mod scan;
mod scope;
mod source_map;
#[cfg(test)]
mod tests;
mod tolerate;
mod wording;

pub use blocks::{BlockKind, cut as cut_blocks};
pub use calls::static_calls;
pub use context::{Context, Message};
pub use dispatch::dispatch;
pub use engine::{DispatchOrder, Engine, EngineSettings, MacroPackage, prepare};
pub use globals::{Globals, ParseGlobals};
pub use macros::{MacroDef, MacroKind};
pub use parsing::{DocScope, DocTable, ParseScope, Recorded, SharedNames, Subject};
pub use registry::BUILTIN as BUILTIN_PACKAGE;
pub use scope::Scope;

pub use minijinja::value::{Enumerator, Object};
pub use minijinja::{Error, State, Value};
