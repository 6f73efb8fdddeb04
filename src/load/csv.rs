//! Records of CSV in a piece of text: RFC 4180 with any delimiter. A quote matters only where a field begins.

use std::ops::Range;

use memchr::{memchr, memchr2};

/// The fields of one record.
#[derive(Debug, Default)]
pub(super) struct Record {
    fields: Vec<Field>,
    /// What is left of quoted fields without their quotes.
    unquoted: Vec<u8>,
}

#[derive(Debug, Clone)]
struct Field {
    range: Range<usize>,
    is_quoted: bool,
}

/// Why a record is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// `"a"b`: after the closing quote of the field with this index.
    AfterQuote(usize),
}

/// What stands at the beginning of a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Split {
    /// Its length with the line's end.
    Record { length: usize, flaw: Option<Flaw> },
    /// It may go on behind the piece.
    Partial,
    /// The text ends inside of the quotes of the field with this index.
    Unclosed(usize),
}

impl Record {
    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }

    /// Its text, and whether it was quoted.
    pub(super) fn field<'a>(&'a self, index: usize, text: &'a [u8]) -> (&'a [u8], bool) {
        match self.fields.get(index) {
            Some(field) if field.is_quoted => (&self.unquoted[field.range.clone()], true),
            Some(field) => (&text[field.range.clone()], false),
            None => (&[], false),
        }
    }

    /// Reads the record that `text` begins with; `is_last`: nothing follows the text.
    pub(super) fn split(&mut self, text: &[u8], is_last: bool, delimiter: u8) -> Split {
        self.fields.clear();
        self.unquoted.clear();
        let mut flaw = None;
        let mut at = 0;
        loop {
            let is_quoted = text.get(at) == Some(&b'"');
            if is_quoted {
                let index = self.fields.len();
                at += 1;
                match self.quoted(text, at) {
                    Some(end) => at = end,
                    None if is_last => return Split::Unclosed(index),
                    None => return Split::Partial,
                }
                let is_end =
                    matches!(text.get(at), None | Some(b'\n' | b'\r')) || text.get(at) == Some(&delimiter);
                if !is_end {
                    flaw = flaw.or(Some(Flaw::AfterQuote(index)));
                }
            }
            let from = at;
            let Some(length) = memchr2(delimiter, b'\n', &text[from..]) else {
                if !is_last {
                    return Split::Partial;
                }
                self.plain(from..text.len(), text, is_quoted);
                return Split::Record { length: text.len(), flaw };
            };
            at = from + length;
            self.plain(from..at, text, is_quoted);
            at += 1;
            if text[at - 1] == b'\n' {
                return Split::Record { length: at, flaw };
            }
        }
    }

    fn plain(&mut self, range: Range<usize>, text: &[u8], is_quoted: bool) {
        if is_quoted {
            return;
        }
        let is_last = text.get(range.end) != Some(&b'\n') && range.end != text.len();
        let has_return = !is_last && range.end > range.start && text[range.end - 1] == b'\r';
        let range = range.start..range.end - usize::from(has_return);
        self.fields.push(Field { range, is_quoted: false });
    }

    /// From behind the opening quote to behind the closing one.
    fn quoted(&mut self, text: &[u8], mut at: usize) -> Option<usize> {
        let start = self.unquoted.len();
        loop {
            let length = memchr(b'"', &text[at..])?;
            self.unquoted.extend_from_slice(&text[at..at + length]);
            at += length + 1;
            match text.get(at) {
                Some(b'"') => {
                    self.unquoted.push(b'"');
                    at += 1;
                }
                _ => break,
            }
        }
        self.fields.push(Field { range: start..self.unquoted.len(), is_quoted: true });
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> (Split, Vec<String>) {
        let mut record = Record::default();
        let split = record.split(text.as_bytes(), true, b',');
        let fields = (0..record.len())
            .map(|index| String::from_utf8_lossy(record.field(index, text.as_bytes()).0).into_owned())
            .collect();
        (split, fields)
    }

    #[test]
    fn fields_are_found() {
        for (text, length, fields) in [
            ("a,b\nc", 4, vec!["a", "b"]),
            ("a,b\r\nc", 5, vec!["a", "b"]),
            ("\"a,\"\"b\"\"\n\",\n", 12, vec!["a,\"b\"\n", ""]),
            ("\"a\"\r\n", 5, vec!["a"]),
            ("5\" disk,x", 9, vec!["5\" disk", "x"]),
            (",", 1, vec!["", ""]),
            ("\n", 1, vec![""]),
            ("a\rb,c\r", 6, vec!["a\rb", "c"]),
        ] {
            let expected = fields.into_iter().map(str::to_owned).collect();
            assert_eq!(split(text), (Split::Record { length, flaw: None }, expected), "{text:?}");
        }
        assert_eq!(split("a,\"b\nc").0, Split::Unclosed(1));
        assert_eq!(split("a,\"b\"c\nd").0, Split::Record { length: 7, flaw: Some(Flaw::AfterQuote(1)) });
        let mut record = Record::default();
        for text in ["a", "a,", "\"a", "\"a\"", ""] {
            assert_eq!(record.split(text.as_bytes(), false, b','), Split::Partial, "{text:?}");
        }
    }
}
