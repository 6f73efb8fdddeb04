//! minijinja's errors as diagnostics with places in the user's files, and the chain of macros that led there.

use std::error::Error as _;
use std::fmt;
use std::sync::Arc;

use minijinja::{Error, ErrorKind, Value};

use crate::diagnostic::{Category, Diagnostic, SourceText};

use super::compile::Template;
use super::context::Context;
use super::macros::MacroDef;
use super::python;
use super::scan::Scanner;
use super::scope::Scope;
use super::source_map::SourceMap;

pub use super::python::raise;

/// So many macros of a chain are told.
const CHAIN_LIMIT: usize = 12;
const CHAIN_START: &str = "\n> in ";
const CHAIN_LINK: &str = "\n> called by ";

/// What `return(..)` raises: the macro call that is left catches it.
#[derive(Debug)]
struct Returned(Value);

impl fmt::Display for Returned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("return() was called outside of a macro")
    }
}

impl std::error::Error for Returned {}

/// `return(value)`
pub(super) fn return_value(value: Value) -> Error {
    Error::new(ErrorKind::InvalidOperation, "return() was called outside of a macro")
        .with_source(Returned(value))
}

/// The value that a `return(..)` carries.
pub(super) fn returned(error: &Error) -> Option<Value> {
    let mut cause = error.source();
    while let Some(found) = cause {
        if let Some(returned) = found.downcast_ref::<Returned>() {
            return Some(returned.0.clone());
        }
        cause = found.source();
    }
    None
}

/// A template that cannot be read.
pub(super) fn of_syntax(error: &Error, text: &str, map: &SourceMap) -> Box<Diagnostic> {
    let detail = error.detail().unwrap_or("syntax error");
    let range = error.range().unwrap_or(0..text.len().min(1));
    let message = match detail.strip_prefix("unknown statement ") {
        Some(tag) if tag.starts_with("end") || matches!(tag, "else" | "elif") => {
            format!("Encountered unknown tag '{tag}'. There is no open block that it could belong to")
        }
        Some(tag) => format!("Encountered unknown tag '{tag}'."),
        None if detail.contains("end of input") || is_at_end(text, &range) => {
            return end_of_template(detail, text, map);
        }
        None => detail.to_owned(),
    };
    Diagnostic::compilation("jinja-syntax", message).label(map.span(range), "").boxed()
}

/// Names the innermost block that is still open, as Jinja2 does.
fn end_of_template(detail: &str, text: &str, map: &SourceMap) -> Box<Diagnostic> {
    let source = SourceText::new("", text);
    let mut scanner = Scanner::new(&source);
    let mut open = Vec::new();
    while let Ok(Some(tag)) = scanner.next_tag() {
        let is_block_set = || !text[tag.after_name..tag.close].contains('=');
        match tag.name {
            "if" | "for" | "macro" | "call" | "filter" | "with" | "block" => open.push(tag),
            "set" if is_block_set() => open.push(tag),
            name if name.starts_with("end") => drop(open.pop()),
            _ => {}
        }
    }
    let Some(innermost) = open.pop() else {
        let range = text.trim_end().len()..text.trim_end().len();
        return Diagnostic::compilation("jinja-syntax", format!("Unexpected end of template: {detail}"))
            .label(map.span(range), "")
            .boxed();
    };
    let name = innermost.name;
    let message =
        format!("Unexpected end of template. The innermost block that needs to be closed is '{name}'.");
    Diagnostic::compilation("jinja-syntax", message)
        .label(map.span(innermost.start..innermost.end), "")
        .help(format!("close it with `{{% end{name} %}}`"))
        .boxed()
}

fn is_at_end(text: &str, range: &std::ops::Range<usize>) -> bool {
    text.get(range.end..).is_none_or(|rest| rest.trim().is_empty())
}

/// A template that failed while it ran.
pub(super) fn of_run(error: &Error, template: &Template<'_>, scope: &Arc<Scope>) -> Box<Diagnostic> {
    let span = error.range().map(|range| template.map.span(range));
    if let Some(raised) = python::raised(error) {
        let mut diagnostic = raised.clone();
        if let Some(span) = span
            && diagnostic.labels.len() < CHAIN_LIMIT
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
            Some(detail) => Diagnostic::compilation("undefined-name", detail.to_owned()),
            None => undefined(text, scope),
        },
        ErrorKind::UnknownFilter => unknown("filter", detail.unwrap_or_default()),
        ErrorKind::UnknownTest => unknown("test", detail.unwrap_or_default()),
        ErrorKind::UnknownMethod => {
            Diagnostic::compilation("unknown-method", detail.unwrap_or("there is no such method").to_owned())
        }
        kind => {
            let message = detail.map_or_else(|| kind.to_string(), str::to_owned);
            Diagnostic::compilation("jinja-error", message)
        }
    }
}

/// `filter x is unknown` in Jinja2's words.
fn unknown(what: &str, detail: &str) -> Diagnostic {
    let name = detail
        .strip_prefix(what)
        .and_then(|rest| rest.trim_start().strip_suffix(" is unknown"))
        .unwrap_or(detail);
    Diagnostic::compilation("unknown-filter", format!("No {what} named '{name}'."))
}

/// A part of an undefined value was asked for: `text` is the expression that asked.
fn undefined(text: &str, scope: &Arc<Scope>) -> Diagnostic {
    let owner = owner(text);
    match owner.rsplit_once('.') {
        Some((object, attribute)) => {
            let message = format!("'{object}' has no attribute '{attribute}'");
            Diagnostic::compilation("undefined-name", message)
        }
        None => undefined_name(owner, scope),
    }
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
    if diagnostic.category != Category::Compilation {
        return diagnostic;
    }
    if !diagnostic.message.contains(CHAIN_START) {
        diagnostic.message += &format!("\n{CHAIN_START}{}", definition.locator());
    } else if diagnostic.message.matches(CHAIN_LINK).count() < CHAIN_LIMIT {
        diagnostic.message += &format!("{CHAIN_LINK}{}", definition.locator());
    }
    diagnostic
}

/// Names the node, as the error's subject and as the end of the chain.
pub(super) fn in_subject(mut diagnostic: Box<Diagnostic>, context: &dyn Context) -> Box<Diagnostic> {
    let Some(subject) = context.subject() else { return diagnostic };
    if diagnostic.message.contains(CHAIN_START) && diagnostic.category == Category::Compilation {
        diagnostic.message += &format!("{CHAIN_LINK}{subject}");
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
