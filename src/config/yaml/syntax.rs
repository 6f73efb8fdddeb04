//! Syntax errors: the parser's own wording (which dbt prints too), the place, and what to do.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, SourceText, Span};

pub(super) fn diagnose(source: &Arc<SourceText>, error: &serde_yaml::Error) -> Box<Diagnostic> {
    let text = error.display_no_mark().to_string();
    let problem = text.split(" at line ").next().unwrap_or(&text);
    let (line, column) =
        error.location().map_or((1, 1), |marker| (marker.line().max(1), marker.column().max(1)));
    let mut at = source.offset(line, column);
    if problem.contains("unexpected end of stream") {
        at = context_place(source, &text).unwrap_or(at);
    }
    let end = source.text[at..].char_indices().nth(1).map_or(source.text.len(), |(length, _)| at + length);
    let message = format!("syntax error in YAML near line {line}: {problem}");
    Diagnostic::parsing("yaml-syntax", message)
        .label(Span::new(source, at..end), "")
        .maybe_help(help(source, at, problem))
        .boxed()
}

/// The second place of `..., while scanning a quoted scalar at line 1 column 4`: where it began.
fn context_place(source: &SourceText, text: &str) -> Option<usize> {
    let (_, place) = text.rsplit_once(" at line ")?;
    let (line, column) = place.split_once(" column ")?;
    Some(source.offset(line.parse().ok()?, column.parse().ok()?))
}

fn help(source: &SourceText, at: usize, problem: &str) -> Option<String> {
    let text = &source.text;
    let line_start = text[..at].rfind('\n').map_or(0, |found| found + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let next = text[at..].chars().next();
    let help = if line.starts_with('\t') || next == Some('\t') {
        "YAML is indented with spaces: replace the tab"
    } else if ["escape", "hexadecimal", "Unicode"].iter().any(|word| problem.contains(word)) {
        "a backslash in double quotes begins an escape: write `\\\\`, or put the text in single quotes"
    } else if line.contains("{{") || line.contains("{%") {
        "Jinja in YAML must be quoted: write \"{{ ... }}\""
    } else if matches!(next, Some('@' | '`')) {
        "a value cannot start with this character: quote it"
    } else if problem.contains("mapping values are not allowed") {
        "a value that holds `: ` must be quoted, and a nested key belongs on a line of its own"
    } else if problem.contains("unexpected end of stream") {
        "the quote that opens here is never closed"
    } else if problem.contains("expected key")
        || problem.contains("block collection")
        || problem.contains("expected '-'")
    {
        "the indentation of this line fits no line above it"
    } else if problem.contains("could not find expected ':'") {
        "a key needs a colon and a space after it: `key: value`"
    } else if problem.contains("',' or") {
        "an opened `[` or `{` is not closed before this line"
    } else if problem.contains("more than one document") {
        "remove the line `---`: a dbt file is one document"
    } else if problem.contains("anchor") || problem.contains("alias") {
        "each `&name` may be given once, before its first `*name`"
    } else {
        return None;
    };
    Some(help.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::load_text;

    #[test]
    fn each_mistake_has_its_place_and_its_help() {
        for (text, place, help) in [
            ("a:\n\tb: 1\n", "x.yml:2:1", "tab"),
            ("a: 'x\nb: 1\n", "x.yml:1:4", "never closed"),
            ("a: b: c\n", "x.yml:1:5", "must be quoted"),
            ("a:\n  - b\n - c\n", "x.yml:3:2", "indentation"),
            ("a: @x\n", "x.yml:1:4", "quote it"),
            ("a: [1, 2\nb: 1\n", "x.yml:2:2", "not closed"),
            ("a: {{ var('x') }} and more\n", "x.yml:1:5", "quoted"),
            ("a: '{{' }} and more\n", "x.yml:1:9", "quoted"),
            ("a\nb: 1\n", "x.yml:2:2", "on a line of its own"),
            ("a: *none\n", "x.yml:1:4", "before its first"),
            ("a: \"{{ x }} \\d\"\n", "x.yml:1:13", "a backslash in double quotes"),
            ("a: \"{{ x }} \\xzz\"\n", "x.yml:1:15", "a backslash in double quotes"),
        ] {
            let problem = load_text("x.yml", text).unwrap_err();
            assert_eq!(problem.labels[0].span.location(), place, "{text}: {problem}");
            assert!(problem.help.clone().unwrap_or_default().contains(help), "{text}: {problem:?}");
        }
    }
}
