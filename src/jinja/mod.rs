//! Jinja2 with Python's values on minijinja. It knows no project, no manifest and no database.
//!
//! Blocks are cut out of files, and macros compiled when they are called. Each call of a macro is a run of its own in a
//! [`Scope`], which owns a [`Library`] of macros and a [`Context`] of names: `context` implements both.

mod arguments;
mod blocks;
mod call;
mod calls;
mod closure;
mod comparisons;
mod compile;
mod compiled;
mod context;
mod context_object;
mod environment;
mod environments;
mod errors;
mod evaluate;
mod filters;
mod folding;
mod grammar;
mod header;
mod interruptible;
mod intrinsic;
mod kept;
mod keyword_nodes;
mod library;
mod lower;
mod macros;
mod namespace;
mod native;
mod nesting;
pub(crate) mod python;
mod render;
mod returned;
mod root;
mod scan;
mod scope;
mod shapes;
mod source_map;
mod syntax_error;
mod warning;
mod wording;

pub(crate) use blocks::{BlockKind, cut as cut_blocks};
pub(crate) use call::{MacroRef, call_definition, call_named, execute_definition, execute_macro};
pub(crate) use calls::{StaticCall, calls_of, static_calls};
pub use context::Context;
pub(crate) use context::Message;
pub(crate) use environment::pair as environments;
pub(crate) use environments::Environments;
pub(crate) use errors::in_subject;
pub(crate) use keyword_nodes::{has_only_literal_calls, keyword_nodes};
pub(crate) use library::Library;
pub(crate) use macros::{MacroDef, MacroKind, duplicate as duplicate_macro};
pub(crate) use native::Native;
pub(crate) use render::{may_hold_jinja, render, render_body, render_mapped, without_last_line_break};
pub(crate) use scope::Scope;
pub(crate) use source_map::SourceMap;

pub(crate) use minijinja::value::Enumerator;
pub use minijinja::{Error, State, Value, value::Object};
