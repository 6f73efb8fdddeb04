//! The only error type of the program: what went wrong, where in the user's files, and what to do.
//!
//! Every stage converts its own library's errors into a `Diagnostic` at its border; `report` draws them
//! with [`render`].

mod category;
mod excerpt;
mod problem;
mod render;
mod source;
mod suggest;

pub(crate) use category::{Category, Severity};
pub(crate) use excerpt::MASK;
pub(crate) use problem::{Diagnostic, Diagnostics, Label, Result, ServerError};
pub use render::render;
pub(crate) use render::render_without_code;
pub use source::SourceText;
pub(crate) use source::Span;
pub(crate) use suggest::{did_you_mean, nearest, nearest_within};
