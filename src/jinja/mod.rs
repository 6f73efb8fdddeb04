//! dbt's Jinja on minijinja: macros of all packages, their lookup, and Python's values.
//!
//! [`Engine`] cuts macros out of files and compiles them when they are called. Each call of a macro is a run
//! of its own in a [`Scope`] that knows the node's [`Context`].

mod arguments;
pub(crate) mod blocks;
mod call;
mod calls;
mod closure;
mod compile;
mod compiled;
mod context;
mod context_object;
mod dependencies;
mod dispatch;
mod engine;
mod environment;
mod errors;
mod evaluate;
mod filters;
pub(crate) mod functions;
mod globals;
mod header;
mod library;
mod lower;
mod macros;
mod namespace;
mod native;
mod nesting;
pub(crate) mod objects;
mod parsing;
pub(crate) mod python;
#[cfg(test)]
mod random_texts;
mod registry;
mod render;
mod returned;
mod root;
pub(crate) mod runtime;
mod scan;
mod scope;
mod settings;
mod source_map;
mod syntax_error;
#[cfg(test)]
mod tests;
mod tolerate;
mod warning;
mod wording;

pub(crate) use blocks::{BlockKind, cut as cut_blocks};
pub(crate) use calls::static_calls;
pub use context::Context;
pub(crate) use context::Message;
pub(crate) use dispatch::dispatch;
pub use engine::Engine;
pub(crate) use engine::prepare;
pub(crate) use globals::{Globals, ParseGlobals};
pub(crate) use macros::{MacroDef, MacroKind};
pub(crate) use parsing::{DocScope, DocTable, ParseScope, Recorded, SharedNames, Subject};
pub(crate) use registry::BUILTIN as BUILTIN_PACKAGE;
pub(crate) use scope::Scope;
pub(crate) use settings::DispatchOrder;
pub use settings::{EngineSettings, MacroPackage};

pub(crate) use minijinja::value::Enumerator;
pub use minijinja::value::Object;
pub use minijinja::{Error, State, Value};
