//! minijinja's errors as diagnostics with places in the user's files, and the chain of macros that led there.

use std::error::Error as _;
use std::fmt;
use std::sync::Arc;

use minijinja::{Error, ErrorKind, Value};

use crate::diagnostic::{Category, Diagnostic, SourceText, did_you_mean};

use super::compile::Template;
use super::context::Context;
use super::macros::MacroDef;
use super::python;
use super::scan::Scanner;
use super::scope::Scope;
use super::source_map::SourceMap;
use super::wording;

pub(super) use super::python::raise;

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
    let found = text.get(range.clone()).unwrap_or_default();
    let (message, help) = match detail.strip_prefix("unknown statement ") {
        Some(tag) => unknown_tag(tag),
        None if detail.contains("end of input") => return end_of_template(text, map),
        None => match detail {
            "unexpected end of string" => (detail.to_owned(), Some("the string is not closed".to_owned())),
            "unexpected end of comment" => {
                ("Missing end of comment tag".to_owned(), Some("close the comment with `#}`".to_owned()))
            }
            _ => {
                let message = wording::of_syntax(detail, found);
                let help = missing_end(&message, found);
                (message, help)
            }
        },
    };
    Diagnostic::compilation("jinja-syntax", message).label(map.span(range), "").maybe_help(help).boxed()
}

/// What comes where an expression should have ended.
fn missing_end(message: &str, found: &str) -> Option<String> {
    let closed_by = match message {
        _ if message.starts_with("expected token 'end of print statement'") => "}}",
        _ if message.starts_with("expected token 'end of statement block'") => "%}",
        _ => return None,
    };
    Some(format!("close it with `{closed_by}`, or put an operator or a comma before `{found}`"))
}

fn unknown_tag(tag: &str) -> (String, Option<String>) {
    const TAGS: [&str; 16] = [
        "if", "elif", "else", "endif", "for", "endfor", "set", "endset", "do", "macro", "endmacro", "call",
        "endcall", "filter", "with", "raw",
    ];
    let help = if tag.starts_with("end") || matches!(tag, "else" | "elif") {
        Some("there is no open block that it could belong to".to_owned())
    } else {
        did_you_mean(tag, TAGS)
    };
    (format!("Encountered unknown tag '{tag}'."), help)
}

/// Names the innermost block that is still open, as Jinja2 does.
fn end_of_template(text: &str, map: &SourceMap) -> Box<Diagnostic> {
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
        let (opened, closed_by) = match text.rfind("{{").max(text.rfind("{%")) {
            Some(at) if text[at..].starts_with("{{") => (at..at + 2, "}}"),
            Some(at) => (at..at + 2, "%}"),
            None => (text.len()..text.len(), "%}"),
        };
        let expected = if closed_by == "}}" { "end of print statement" } else { "end of statement block" };
        let message = format!("unexpected end of template, expected '{expected}'.");
        return Diagnostic::compilation("jinja-syntax", message)
            .label(map.span(opened), "")
            .help(format!("close it with `{closed_by}`"))
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
    Diagnostic::compilation("unknown-filter", format!("No {what} named '{name}'."))
        .help(format!("a {what} is one of Jinja2's; a macro is called as a function: `{name}(..)`"))
        .maybe_help(if what == "filter" { did_you_mean(name, wording::FILTERS) } else { None })
}

/// Nothing is at this path.
fn undefined_path(path: &str, scope: &Arc<Scope>) -> Diagnostic {
    let Some((object, attribute)) = path.rsplit_once('.') else { return undefined_name(path, scope) };
    let message = match wording::type_at(object, scope) {
        Some(kind) => wording::missing_attribute(&kind, attribute),
        None => format!("'{object}' has no attribute '{attribute}'"),
    };
    Diagnostic::compilation("undefined-name", message)
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
        append(&mut diagnostic.message, &["\n", CHAIN_START, &definition.locator()]);
    } else if !diagnostic.message.contains(&definition.locator()) {
        // A macro that calls itself is told once.
        append(&mut diagnostic.message, &[CHAIN_LINK, &definition.locator()]);
    }
    diagnostic
}

fn append(message: &mut String, parts: &[&str]) {
    message.extend(parts.iter().copied());
}

/// Names the node, as the error's subject and as the end of the chain.
pub(super) fn in_subject(mut diagnostic: Box<Diagnostic>, context: &dyn Context) -> Box<Diagnostic> {
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
