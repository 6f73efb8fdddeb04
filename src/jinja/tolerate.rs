//! Forms that Jinja2 reads and minijinja does not: a colon at the end of a statement, `do` without a call.

use super::scan::Scanner;
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
    let mut shifted = Shifted { text: String::with_capacity(text.len() + 16), shifts: Vec::new() };
    let mut copied = 0;
    let mut moved = 0_isize;
    while let Ok(Some(tag)) = scanner.next_tag() {
        let inside = &text[tag.after_name..tag.close];
        if tag.name == "do" {
            // `do` takes any expression in Jinja2.
            shifted.text.push_str(&text[copied..tag.after_name - 2]);
            shifted.text.push_str("set _ =");
            copied = tag.after_name;
            moved -= 5;
            shifted.shifts.push((shifted.text.len(), moved));
        } else if inside.trim_end().ends_with(':') {
            let colon = tag.after_name + inside.trim_end().len() - 1;
            shifted.text.push_str(&text[copied..colon]);
            shifted.text.push(' ');
            copied = colon + 1;
        }
    }
    if copied == 0 {
        return None;
    }
    shifted.text.push_str(&text[copied..]);
    Some(shifted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colons_and_plain_do_are_rewritten() {
        let shifted = python_forms("{% if a: %}{% do x.y %}{% else : -%}{{ b }}{% endif %}").unwrap();
        assert_eq!(shifted.text, "{% if a  %}{% set _ = x.y %}{% else   -%}{{ b }}{% endif %}");
        assert_eq!(shifted.shifts, [(21, -5)]);
        assert!(python_forms("select '{% if a %}:'").is_none());
    }
}
