//! minijinja's complaints about a text as diagnostics, with the block that is still open.

use minijinja::Error;

use crate::diagnostic::{Diagnostic, SourceText, did_you_mean};

use super::scan::Scanner;
use super::source_map::SourceMap;
use super::wording;

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
