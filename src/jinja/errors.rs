//! minijinja's errors as diagnostics with places in the user's files, and the chain of macros that led there.

use std::sync::Arc;

use minijinja::{Error, ErrorKind};

use crate::diagnostic::{Category, Diagnostic};

use super::compiled::Template;
use super::context::Context;
use super::macros::MacroDef;
use super::python;
use super::scope::Scope;
use super::wording;

pub(super) use super::python::raise;

/// So many macros of a chain are told.
const CHAIN_LIMIT: usize = 12;
const CHAIN_START: &str = "\n> in ";
const INTERNAL: &str = "rsdbt_";
const CHAIN_LINK: &str = "\n> called by ";

/// A template that failed while it ran.
pub(super) fn of_run(error: &Error, template: &Template<'_>, scope: &Arc<Scope>) -> Box<Diagnostic> {
    let span = error.range().map(|range| template.map.span(range));
    if let Some(raised) = python::raised(error) {
        let mut diagnostic = raised.clone();
        if let Some(span) = span
            && diagnostic.labels.len() < CHAIN_LIMIT
            && diagnostic.labels.iter().all(|label| label.span != span)
        {
            let note = if diagnostic.labels.is_empty() { "" } else { "called from here" };
            diagnostic = diagnostic.label(span, note);
        }
        return Box::new(diagnostic);
    }
    let text = span.as_ref().map_or("", |span| span.text());
    let mut diagnostic = describe(error, text, scope);
    if let Some(span) = span {
        diagnostic = diagnostic.label(span, "");
    }
    diagnostic.boxed()
}

fn describe(error: &Error, text: &str, scope: &Arc<Scope>) -> Diagnostic {
    let detail = error.detail();
    match error.kind() {
        ErrorKind::UndefinedError => match detail {
            Some(detail) => match wording::undefined_operand(detail, text) {
                Some(operand) => undefined_path(operand, scope),
                None => Diagnostic::compilation("undefined-name", detail.to_owned()),
            },
            None => undefined_path(owner(text), scope),
        },
        ErrorKind::UnknownFilter => unknown("filter", detail, text),
        ErrorKind::UnknownTest => unknown("test", detail, text),
        ErrorKind::UnknownMethod => {
            Diagnostic::compilation("unknown-method", wording::of_run(detail.unwrap_or("no such method")))
        }
        kind => {
            let message = detail.map_or_else(|| kind.to_string(), wording::of_run);
            Diagnostic::compilation("jinja-error", message)
        }
    }
}

/// `filter x is unknown` in Jinja2's words; `map` does not tell the name.
fn unknown(what: &str, detail: Option<&str>, text: &str) -> Diagnostic {
    let told = detail
        .and_then(|detail| detail.strip_prefix(what))
        .and_then(|rest| rest.trim_start().strip_suffix(" is unknown"));
    let quoted = || text.split(['\'', '"']).nth(1).unwrap_or(text);
    let name = told.unwrap_or_else(quoted);
    wording::unknown(what, name)
}

/// Nothing is at this path.
fn undefined_path(path: &str, scope: &Arc<Scope>) -> Diagnostic {
    let Some((object, attribute)) = path.rsplit_once('.') else { return undefined_name(path, scope) };
    let message = match type_at(object, scope) {
        Some(kind) => wording::missing_attribute(&kind, attribute),
        None => format!("'{object}' has no attribute '{attribute}'"),
    };
    Diagnostic::compilation("undefined-name", message)
}

/// The type of the value that a path as `a.b` leads to, as far as the scope's own names tell.
fn type_at(path: &str, scope: &Arc<Scope>) -> Option<String> {
    let mut parts = path.split('.');
    let first = scope.named(parts.next()?)?;
    let value = parts
        .try_fold(first, |value, part| value.get_attr(part).ok().filter(|value| !value.is_undefined()))?;
    Some(python::type_name(&value))
}

/// `'x' is undefined`, as dbt says it.
pub(super) fn undefined_name(name: &str, scope: &Arc<Scope>) -> Diagnostic {
    let help = scope.did_you_mean(name).unwrap_or_else(|| {
        "check for typos, and for packages that are not installed (`rsdbt deps`)".to_owned()
    });
    Diagnostic::compilation("undefined-name", format!("'{name}' is undefined")).help(help)
}

/// `a.b` of `a.b.c`, `a.b['c']` and `a.b.c(..)`.
fn owner(text: &str) -> &str {
    let mut depth = 0_usize;
    let mut last = None;
    for (at, character) in text.char_indices() {
        match character {
            '.' | '[' if depth == 0 => last = Some(at),
            '(' if depth == 0 && text.ends_with(')') && last.is_some() => break,
            _ => {}
        }
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    last.map_or(text, |at| &text[..at]).trim()
}

/// Adds a macro to the chain that dbt prints below a compilation error.
pub(super) fn in_macro(mut diagnostic: Box<Diagnostic>, definition: &MacroDef) -> Box<Diagnostic> {
    if diagnostic.category != Category::Compilation || is_internal(definition) {
        return diagnostic;
    }
    if !diagnostic.message.contains(CHAIN_START) {
        append(&mut diagnostic.message, &["\n", CHAIN_START, &definition.locator()]);
    } else if !diagnostic.message.contains(&definition.locator()) {
        // A macro that calls itself is told once.
        append(&mut diagnostic.message, &[CHAIN_LINK, &definition.locator()]);
    }
    diagnostic
}

/// A macro that no user calls by its name.
fn is_internal(definition: &MacroDef) -> bool {
    definition.source.built_in && definition.block.name.starts_with(INTERNAL)
}

fn append(message: &mut String, parts: &[&str]) {
    message.extend(parts.iter().copied());
}

/// Names the node, as the error's subject and as the end of the chain.
pub(crate) fn in_subject(mut diagnostic: Box<Diagnostic>, context: &dyn Context) -> Box<Diagnostic> {
    let Some(subject) = context.subject() else { return diagnostic };
    if diagnostic.message.contains(CHAIN_START) && diagnostic.category == Category::Compilation {
        append(&mut diagnostic.message, &[CHAIN_LINK, &subject]);
    }
    diagnostic.subject.get_or_insert(subject);
    diagnostic
}

#[cfg(test)]
mod tests {
    use super::owner;

    #[test]
    fn the_owner_is_what_was_asked() {
        for (text, expected) in [
            ("a.b", "a"),
            ("a.b.c", "a.b"),
            ("a['x.y']", "a"),
            ("a.b(c.d)", "a"),
            ("a.b('x').c", "a.b('x')"),
            ("a", "a"),
        ] {
            assert_eq!(owner(text), expected);
        }
    }
}
