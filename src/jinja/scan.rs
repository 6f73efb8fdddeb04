//! Finds the tags of a template text: comments, `raw` blocks, strings and expressions are stepped over.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Result, SourceText, Span};

/// A `{% name .. %}` tag. All numbers are byte offsets.
#[derive(Debug, Clone)]
pub(super) struct Tag<'a> {
    pub(super) name: &'a str,
    pub(super) after_name: usize,
    /// Of `{%`.
    pub(super) start: usize,
    /// Of the closing `%}` or `-%}`.
    pub(super) close: usize,
    /// After `%}`.
    pub(super) end: usize,
    /// The tag with the white space that its `-` eat.
    pub(super) outer: Range<usize>,
}

pub(super) struct Scanner<'a> {
    source: &'a Arc<SourceText>,
    text: &'a str,
    position: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(source: &'a Arc<SourceText>) -> Self {
        Self { source, text: &source.text, position: 0 }
    }

    /// The next tag, or `None` at the end of the text.
    pub(super) fn next_tag(&mut self) -> Result<Option<Tag<'a>>> {
        while let Some(found) = self.text[self.position..].find('{') {
            let start = self.position + found;
            match self.byte(start + 1) {
                Some(b'#') => {
                    let end = self.text[start + 2..].find("#}");
                    let Some(end) = end else { return Err(self.end_of_file("#}", start)) };
                    self.position = start + 2 + end + 2;
                }
                Some(b'{') => self.position = self.skip_to(start + 2, "}}", start)?.1,
                Some(b'%') => {
                    if let Some(tag) = self.tag(start)? {
                        return Ok(Some(tag));
                    }
                }
                _ => self.position = start + 1,
            }
        }
        Ok(None)
    }

    fn tag(&mut self, start: usize) -> Result<Option<Tag<'a>>> {
        let before = self.position;
        let mut inner = start + 2;
        let eats_before = self.byte(inner) == Some(b'-');
        if matches!(self.byte(inner), Some(b'-' | b'+')) {
            inner += 1;
        }
        let name_start = inner + leading_space(&self.text[inner..]);
        let rest = &self.text[name_start..];
        let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if length == 0 {
            self.position = start + 2;
            return Ok(None);
        }
        let name = &rest[..length];
        let after_name = name_start + length;
        let (close, mut end) = self.skip_to(after_name, "%}", start)?;
        if name == "raw" {
            end = self.end_of_raw(end, start)?;
        }
        let eats_after = self.text[..end].ends_with("-%}");
        let trimmed = self.text[before..start].trim_end().len() + before;
        let outer_start = if eats_before { trimmed } else { start };
        let outer_end = if eats_after { end + leading_space(&self.text[end..]) } else { end };
        self.position = outer_end;
        Ok(Some(Tag { name, after_name, start, close, end, outer: outer_start..outer_end }))
    }

    /// From inside a tag or an expression to its end: where the closing mark starts and ends.
    fn skip_to(&self, from: usize, mark: &str, opened: usize) -> Result<(usize, usize)> {
        let bytes = self.text.as_bytes();
        let mut at = from;
        let mut braces = 0_usize;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'\'' | b'"' => at = self.skip_string(at)?,
                _ if braces == 0 && self.text[at..].starts_with(mark) => {
                    let close = if at > from && matches!(bytes[at - 1], b'-' | b'+') { at - 1 } else { at };
                    return Ok((close, at + 2));
                }
                b'{' => (braces, at) = (braces + 1, at + 1),
                b'}' => (braces, at) = (braces.saturating_sub(1), at + 1),
                _ => at += self.text[at..].chars().next().map_or(1, char::len_utf8),
            }
        }
        let expected = if mark == "%}" { "tag close (\"%}\")" } else { mark };
        Err(self.end_of_file(expected, opened))
    }

    fn skip_string(&self, at: usize) -> Result<usize> {
        let bytes = self.text.as_bytes();
        let mut end = at + 1;
        while let Some(&byte) = bytes.get(end) {
            match byte {
                b'\\' => end += 2,
                _ if byte == bytes[at] => return Ok(end + 1),
                _ => end += 1,
            }
        }
        Err(self.end_of_file("string", at))
    }

    fn end_of_raw(&self, from: usize, opened: usize) -> Result<usize> {
        let mut at = from;
        while let Some(found) = self.text[at..].find("{%") {
            at += found + 2;
            let inner = self.text[at..].trim_start_matches(['-', '+']).trim_start();
            if let Some(rest) = inner.strip_prefix("endraw")
                && let Some(after) = rest.trim_start().trim_start_matches(['-', '+']).strip_prefix("%}")
            {
                return Ok(self.text.len() - after.len());
            }
        }
        Err(self.end_of_file("{% raw %}...{% endraw %}", opened))
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn end_of_file(&self, expected: &str, opened: usize) -> Box<Diagnostic> {
        let line = self.text[opened..].lines().next().unwrap_or_default();
        let mark = if line.starts_with('{') { line.len().min(2) } else { line.len().min(1) };
        Diagnostic::compilation(
            "unexpected-end-of-file",
            format!("unexpected EOF, expected {expected}, got \"{line}\""),
        )
        .label(Span::new(self.source, opened..opened + mark), "opened here")
        .boxed()
    }
}

fn leading_space(text: &str) -> usize {
    text.len() - text.trim_start().len()
}
