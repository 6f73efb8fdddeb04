//! What the grammar cannot read as a diagnostic that points into the user's file.

use crate::diagnostic::Diagnostic;

use super::grammar::Problem;
use super::source_map::SourceMap;

/// A template that cannot be read.
pub(super) fn of_syntax(problem: Problem, map: &SourceMap) -> Box<Diagnostic> {
    Diagnostic::compilation("jinja-syntax", problem.message)
        .label(map.span(problem.range), "")
        .maybe_help(problem.help)
        .boxed()
}
