//! A text is rendered: compiled, run, and forgotten.

use std::sync::Arc;

use crate::diagnostic::{Result, SourceText};

use super::compiled::Template;
use super::errors;
use super::evaluate;
use super::scope::Scope;
use super::source_map::SourceMap;

/// Renders a whole file to text, without its last line break.
pub(crate) fn render(source: &Arc<SourceText>, scope: impl FnOnce() -> Arc<Scope>) -> Result<String> {
    render_mapped(&source.text, SourceMap::exact(source, 0), scope)
}

/// Renders a text that stands in a file in this or another form.
pub(crate) fn render_mapped(
    text: &str,
    map: SourceMap,
    scope: impl FnOnce() -> Arc<Scope>,
) -> Result<String> {
    if !may_hold_jinja(text) {
        return Ok(without_last_line_break(text).to_owned());
    }
    let scope = scope();
    Template::with(text, map, |template| evaluate::render(template, &scope, text))
        .and_then(|rendered| rendered)
        .map_err(|diagnostic| errors::in_subject(diagnostic, scope.context().as_ref()))
}

/// Renders a file that dbt takes for the body of a macro: it may return its text.
pub(crate) fn render_body(source: &Arc<SourceText>, scope: &Arc<Scope>) -> Result<String> {
    Template::with(&source.text, SourceMap::exact(source, 0), |template| {
        evaluate::render_body(template, scope)
    })
    .and_then(|rendered| rendered)
    .map_err(|diagnostic| errors::in_subject(diagnostic, scope.context().as_ref()))
}

pub(crate) fn may_hold_jinja(text: &str) -> bool {
    text.contains('\r')
        || text
            .match_indices('{')
            .any(|(at, _)| matches!(text.as_bytes().get(at + 1), Some(b'{' | b'%' | b'#')))
}

pub(crate) fn without_last_line_break(text: &str) -> &str {
    text.strip_suffix('\n').unwrap_or(text)
}
