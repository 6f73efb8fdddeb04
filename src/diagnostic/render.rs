//! A diagnostic as text: the message, then each place with its line and a caret, then the help and the code.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar as _;

use super::excerpt::Excerpt;
use super::{Diagnostic, Label};

/// Plain text without colour; `report` adds the colours and the log prefix.
pub fn render(diagnostic: &Diagnostic) -> String {
    format!("{}\n  error[{}]", render_without_code(diagnostic), diagnostic.shown_code())
}

/// For a text that becomes part of an error, whose code is shown at its end.
pub(crate) fn render_without_code(diagnostic: &Diagnostic) -> String {
    let mut text = String::from(diagnostic.category.title());
    if let Some(subject) = &diagnostic.subject {
        let _ = write!(text, " in {subject}");
    }
    let indented = |text: &str| text.replace('\n', "\n    ");
    text = indented(&text);
    for line in diagnostic.message.lines() {
        let _ = write!(text, "\n  {line}");
    }
    for label in diagnostic.labels.iter().filter(|label| !label.span.source.built_in) {
        render_label(&mut text, label);
    }
    for cause in &diagnostic.causes {
        let _ = write!(text, "\n  caused by: {}", indented(cause));
    }
    if let Some(help) = &diagnostic.help {
        let _ = write!(text, "\n  help: {}", indented(help));
    }
    text
}

fn render_label(text: &mut String, label: &Label) {
    let (line, _) = label.span.source.position(label.span.range.start);
    let gutter = " ".repeat(line.to_string().len());
    let _ = write!(text, "\n {gutter}--> {}", label.span.location());
    let Some(excerpt) = Excerpt::of(&label.span) else { return };
    let columns = |from: usize, count: usize| -> usize {
        excerpt.line.chars().skip(from).take(count).map(|letter| letter.width().unwrap_or(1)).sum()
    };
    let marked = columns(excerpt.column, excerpt.width).max(1);
    let mark = format!("{}{}", " ".repeat(columns(0, excerpt.column)), "^".repeat(marked));
    let _ = write!(text, "\n {gutter} |\n {line} | {}\n {gutter} | {mark}", excerpt.line);
    if !label.note.is_empty() {
        let _ = write!(text, " {}", label.note);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SourceText, Span};
    use super::*;

    #[test]
    fn places_in_built_in_macros_are_not_shown() {
        let user = SourceText::new("models/a.sql", "{{ x() }}");
        let built_in = SourceText::built_in("macros/x.sql", "{% macro x() %}{{ 1 / 0 }}{% endmacro %}");
        let diagnostic = Diagnostic::compilation("division", "division by zero")
            .label(Span::new(&built_in, 18..23), "")
            .label(Span::new(&user, 3..6), "called from here");
        let text = render(&diagnostic);
        assert!(text.contains("models/a.sql") && !text.contains("macros/x.sql"), "{text}");
    }

    #[test]
    fn carets_stand_below_wide_letters_and_below_what_follows_them() {
        let source = SourceText::new("models/a.sql", "select '日本' as ordesr");
        let mark = |what: &str| {
            let at = source.text.find(what).unwrap();
            let diagnostic =
                Diagnostic::compilation("x", "x").label(Span::new(&source, at..at + what.len()), "");
            render(&diagnostic).lines().nth_back(1).unwrap().to_owned()
        };
        assert_eq!(mark("日本"), format!("   | {}^^^^", " ".repeat(8)));
        assert_eq!(mark("ordesr"), format!("   | {}^^^^^^", " ".repeat(17)));
    }

    #[test]
    fn a_label_shows_its_line_and_a_caret() {
        let source = SourceText::new("models/a.sql", "select *\nfrom {{ ref('stg_ordesr') }}\n");
        let at = source.text.find("ref").unwrap();
        let diagnostic = Diagnostic::compilation("missing-ref", "model `stg_ordesr` was not found")
            .subject("model a (models/a.sql)")
            .label(Span::new(&source, at..at + 17), "")
            .help("did you mean `stg_orders`?");
        assert_eq!(
            render(&diagnostic),
            "Compilation Error in model a (models/a.sql)\n  \
             model `stg_ordesr` was not found\n  \
             --> models/a.sql:2:9\n   \
             |\n 2 | from {{ ref('stg_ordesr') }}\n   \
             |         ^^^^^^^^^^^^^^^^^\n  \
             help: did you mean `stg_orders`?\n  \
             error[missing-ref]"
        );
    }
}
