//! Forms that Jinja2 reads and minijinja does not: a colon at the end of a statement, `do` without a call,
//! a tuple without brackets after `in`.

use std::ops::Range;

use super::scan::{Scanner, Tag};
use crate::diagnostic::SourceText;

/// A rewritten text and how much its parts moved.
pub(super) struct Shifted {
    pub(super) text: String,
    pub(super) shifts: Vec<(usize, isize)>,
}

/// The text in minijinja's forms, or `None` when there is nothing to rewrite.
pub(super) fn python_forms(text: &str) -> Option<Shifted> {
    let source = SourceText::new("", text);
    let mut scanner = Scanner::new(&source);
    let mut edits: Vec<(Range<usize>, &str)> = Vec::new();
    while let Ok(Some(tag)) = scanner.next_tag() {
        edits.extend(forms_of(text, &tag));
    }
    if edits.is_empty() {
        return None;
    }
    let mut shifted = Shifted { text: String::with_capacity(text.len() + 16), shifts: Vec::new() };
    let mut copied = 0;
    for (range, replacement) in edits {
        shifted.text.push_str(&text[copied..range.start]);
        shifted.text.push_str(replacement);
        copied = range.end;
        shifted.shifts.push((shifted.text.len(), copied.cast_signed() - shifted.text.len().cast_signed()));
    }
    shifted.text.push_str(&text[copied..]);
    Some(shifted)
}

fn forms_of(text: &str, tag: &Tag<'_>) -> Vec<(Range<usize>, &'static str)> {
    let mut edits = Vec::new();
    let inside = &text[tag.after_name..tag.close];
    let mut end = tag.after_name + inside.trim_end().len();
    if text[tag.after_name..end].ends_with(':') {
        end -= 1;
    }
    if tag.name == "do" {
        edits.push((tag.after_name - 2..tag.after_name, "set _ ="));
    }
    if tag.name == "for"
        && let Some(tuple) = tuple_after_in(text, tag.after_name..end)
    {
        edits.push((tuple.start..tuple.start, "("));
        edits.push((tuple.end..tuple.end, ")"));
    }
    if text[end..tag.close].starts_with(':') {
        edits.push((end..end + 1, " "));
    }
    edits
}

/// `1, 2` of `for x in 1, 2 if y`.
fn tuple_after_in(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let (mut depth, mut start, mut comma) = (0_usize, None, false);
    let mut at = range.start;
    let mut end = range.end;
    while at < range.end {
        match bytes[at] {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            quote @ (b'\'' | b'"') => {
                at += 1;
                while at < range.end && bytes[at] != quote {
                    at += 1 + usize::from(bytes[at] == b'\\');
                }
            }
            b',' if depth == 0 && start.is_some() => comma = true,
            space if depth == 0 && space.is_ascii_whitespace() => {
                let rest = &text[at..range.end];
                let word = rest.split_whitespace().next().unwrap_or_default();
                match (word, start) {
                    ("in", None) => {
                        let after = at + rest.find("in").unwrap_or_default() + 2;
                        start = Some(
                            after + text[after..range.end].len() - text[after..range.end].trim_start().len(),
                        );
                    }
                    ("if" | "recursive", Some(_)) => {
                        end = at;
                        break;
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        at += 1;
    }
    let start = start.filter(|&start| comma && start < end)?;
    Some(start..start + text[start..end].trim_end().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colons_and_plain_do_are_rewritten() {
        let shifted = python_forms("{% if a: %}{% do x.y %}{% else : -%}{{ b }}{% endif %}").unwrap();
        assert_eq!(shifted.text, "{% if a  %}{% set _ = x.y %}{% else   -%}{{ b }}{% endif %}");
        assert_eq!(shifted.shifts, [(8, 0), (21, -5), (37, -5)]);
        assert!(python_forms("select '{% if a %}:'").is_none());
    }

    #[test]
    fn tuples_after_in_get_their_brackets() {
        for (text, expected) in [
            ("{% for x in 1, 2: %}", "{% for x in (1, 2)  %}"),
            (
                "{% for x, y in a(1, 2), 'b, c' if x recursive %}",
                "{% for x, y in (a(1, 2), 'b, c') if x recursive %}",
            ),
        ] {
            assert_eq!(python_forms(text).unwrap().text, expected);
        }
        assert!(python_forms("{% for x, y in [1, 2] if f(x, y) %}").is_none());
    }
}
