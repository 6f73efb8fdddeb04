//! What dbt puts into templates: `ref`, `source`, `config`, `adapter`, relations, tables, and the macros of all packages.
//!
//! [`Engine`] runs templates of the language `jinja`. It owns the macros and dbt's rules for which one a name means. A
//! node's names are those of `parsing` while the project is read, and those of `runtime` afterwards.

#[cfg(test)]
mod agreement;
mod dependencies;
mod dispatch;
mod engine;
pub(crate) mod functions;
mod globals;
mod guards;
mod interval;
#[cfg(test)]
mod lookup_tests;
pub(crate) mod objects;
mod parsing;
#[cfg(test)]
mod random_texts;
mod registry;
pub(crate) mod runtime;
mod settings;
#[cfg(test)]
mod tests;

pub(crate) use dispatch::dispatch;
pub use engine::Engine;
pub(crate) use engine::{MICROBATCH_MACRO, prepare};
pub(crate) use globals::{Globals, ParseGlobals};
pub(crate) use parsing::{DocScope, DocTable, NoNames, ParseScope, Recorded, SharedNames, Subject};
pub(crate) use registry::BUILTIN as BUILTIN_PACKAGE;
pub(crate) use settings::DispatchOrder;
pub use settings::{EngineSettings, MacroPackage};
