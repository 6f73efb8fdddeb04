//! Records of a CSV file, one at a time, in a buffer that is still being filled.

use memchr::{memchr, memchr2, memchr3};

use super::record::Field;
use crate::config::load::CsvShape;

/// What stands at the beginning of the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Split {
    Record {
        /// Without the end of the line.
        content: usize,
        /// With it.
        end: usize,
        flaw: Option<&'static str>,
    },
    /// The record goes on after the buffer.
    More,
    /// The quote that opens in this line of the record is never closed.
    Unclosed(usize),
}

/// Splits records into fields.
#[derive(Debug)]
pub(super) struct Splitter {
    shape: CsvShape,
    parts: Vec<Part>,
    unescaped: String,
    nulls_are_empty: bool,
}

#[derive(Debug, Clone, Copy)]
struct Part {
    start: usize,
    end: usize,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Quoted,
    /// With doubled quotes.
    Doubled,
    /// A range of `unescaped`.
    Unescaped,
}

impl Splitter {
    pub(super) fn new(shape: &CsvShape) -> Self {
        let nulls_are_empty = shape.nulls.iter().all(String::is_empty) && !shape.nulls.is_empty();
        Self { shape: shape.clone(), parts: Vec::new(), unescaped: String::new(), nulls_are_empty }
    }

    pub(super) fn count(&self) -> usize {
        self.parts.len()
    }

    /// Whether some field stands in quotes: then the record may have several lines.
    pub(super) fn has_quotes(&self) -> bool {
        self.parts.iter().any(|part| part.kind != Kind::Plain)
    }

    /// The record at the beginning of the buffer. `is_last`: nothing follows the buffer.
    pub(super) fn split(&mut self, buffer: &[u8], is_last: bool) -> Split {
        self.parts.clear();
        let mut at = 0;
        let mut flaw = None;
        loop {
            let ended = match self.shape.quote {
                Some(quote) if buffer.get(at) == Some(&quote) => {
                    match self.quoted(buffer, at, quote, is_last, &mut flaw) {
                        Ok(end) => Some(end),
                        Err(split) => return split,
                    }
                }
                _ => self.plain(buffer, at, &mut flaw),
            };
            let Some(end) = ended else {
                if !is_last {
                    return Split::More;
                }
                let content = without_return(buffer, buffer.len());
                self.push(at, content.max(at), Kind::Plain);
                return Split::Record { content, end: buffer.len(), flaw };
            };
            if end == buffer.len() {
                return Split::Record { content: without_return(buffer, end), end, flaw };
            }
            if buffer[end] == b'\n' {
                return Split::Record { content: without_return(buffer, end), end: end + 1, flaw };
            }
            at = end + 1;
        }
    }

    /// A field without quotes; where its delimiter or the end of the line is. `None`: beyond the buffer.
    fn plain(&mut self, buffer: &[u8], start: usize, flaw: &mut Option<&'static str>) -> Option<usize> {
        let delimiter = self.shape.delimiter;
        let mut end = start;
        loop {
            let found = match self.shape.quote {
                Some(quote) => memchr3(delimiter, b'\n', quote, &buffer[end..]),
                None => memchr2(delimiter, b'\n', &buffer[end..]),
            };
            end += found?;
            if buffer[end] == delimiter {
                self.push(start, end, Kind::Plain);
                return Some(end);
            }
            if buffer[end] == b'\n' {
                self.push(start, without_return(buffer, end).max(start), Kind::Plain);
                return Some(end);
            }
            *flaw = Some("a quote inside a field without quotes");
            end += 1;
        }
    }

    fn quoted(
        &mut self,
        buffer: &[u8],
        start: usize,
        quote: u8,
        is_last: bool,
        flaw: &mut Option<&'static str>,
    ) -> Result<usize, Split> {
        let beyond = || {
            if is_last {
                Split::Unclosed(memchr::memchr_iter(b'\n', &buffer[..start]).count())
            } else {
                Split::More
            }
        };
        let mut kind = Kind::Quoted;
        let mut end = start + 1;
        loop {
            end += memchr(quote, &buffer[end..]).ok_or_else(beyond)?;
            match buffer.get(end + 1) {
                Some(next) if *next == quote => {
                    kind = Kind::Doubled;
                    end += 2;
                }
                None if !is_last => return Err(Split::More),
                _ => break,
            }
        }
        self.push(start + 1, end, kind);
        let after = end + 1;
        let rest = &buffer[after..];
        match rest {
            [] => return Ok(after),
            [b'\r', b'\n', ..] => return Ok(after + 1),
            [b'\r'] if is_last => return Ok(buffer.len()),
            [b'\r'] => return Err(Split::More),
            [b'\n', ..] => return Ok(after),
            [next, ..] if *next == self.shape.delimiter => return Ok(after),
            _ => {}
        }
        *flaw = Some("text after the closing quote");
        match memchr2(self.shape.delimiter, b'\n', rest) {
            Some(found) => Ok(after + found),
            None if is_last => Ok(buffer.len()),
            None => Err(Split::More),
        }
    }

    fn push(&mut self, start: usize, end: usize, kind: Kind) {
        self.parts.push(Part { start, end, kind });
    }

    /// Makes one quote of two, in the fields of this record.
    pub(super) fn unescape(&mut self, record: &str) {
        self.unescaped.clear();
        let Some(quote) = self.shape.quote.map(char::from) else { return };
        let two = String::from_iter([quote, quote]);
        for part in &mut self.parts {
            if part.kind == Kind::Doubled {
                let start = self.unescaped.len();
                self.unescaped.push_str(&record[part.start..part.end].replace(&two, &quote.to_string()));
                *part = Part { start, end: self.unescaped.len(), kind: Kind::Unescaped };
            }
        }
    }

    /// A field of the record, after `unescape`.
    pub(super) fn field<'a>(&'a self, record: &'a str, index: usize) -> Field<'a> {
        let Some(part) = self.parts.get(index) else { return Field::Null };
        match part.kind {
            Kind::Plain => {
                let text = &record[part.start..part.end];
                let is_null = if self.nulls_are_empty {
                    text.is_empty()
                } else {
                    self.shape.nulls.iter().any(|null| null == text)
                };
                if is_null { Field::Null } else { Field::Text(text) }
            }
            Kind::Quoted | Kind::Doubled => Field::Text(&record[part.start..part.end]),
            Kind::Unescaped => Field::Text(&self.unescaped[part.start..part.end]),
        }
    }

    /// A field as a name of the header: without the blanks around it, but as it is in quotes.
    pub(super) fn name<'a>(&'a self, record: &'a str, index: usize) -> &'a str {
        let is_plain = self.parts.get(index).is_some_and(|part| part.kind == Kind::Plain);
        match self.field(record, index) {
            Field::Text(text) | Field::Json(text) if is_plain => text.trim(),
            Field::Text(text) | Field::Json(text) => text,
            Field::Null => {
                self.parts.get(index).map_or("", |part| record.get(part.start..part.end).unwrap_or_default())
            }
        }
    }
}

/// The place before the end of the line, without a carriage return.
fn without_return(buffer: &[u8], end: usize) -> usize {
    if end > 0 && buffer[end - 1] == b'\r' { end - 1 } else { end }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape() -> CsvShape {
        CsvShape { delimiter: b',', quote: Some(b'"'), has_header: true, nulls: vec![String::new()] }
    }

    /// All records with their flaws, as if the text came in pieces that end at any byte.
    fn records(text: &str) -> Vec<(Vec<Option<String>>, Option<&'static str>)> {
        let whole = read(text, text.len());
        for piece in 1..text.len() {
            assert_eq!(read(text, piece), whole, "{text:?} in pieces of {piece}");
        }
        whole
    }

    fn read(text: &str, piece: usize) -> Vec<(Vec<Option<String>>, Option<&'static str>)> {
        let mut splitter = Splitter::new(&shape());
        let (mut at, mut known) = (0, piece.min(text.len()));
        let mut found = Vec::new();
        while at < text.len() {
            match splitter.split(&text.as_bytes()[at..known], known == text.len()) {
                Split::More => known = (known + piece).min(text.len()),
                Split::Unclosed(line) => {
                    found.push((vec![Some(format!("unclosed {line}"))], None));
                    break;
                }
                Split::Record { content, end, flaw } => {
                    let record = &text[at..at + content];
                    splitter.unescape(record);
                    let fields = (0..splitter.count()).map(|index| match splitter.field(record, index) {
                        Field::Text(text) | Field::Json(text) => Some(text.to_owned()),
                        Field::Null => None,
                    });
                    found.push((fields.collect(), flaw));
                    at += end;
                }
            }
        }
        found
    }

    #[test]
    fn records_are_split_wherever_the_buffer_ends() {
        let some = |texts: &[&str]| texts.iter().map(|text| Some((*text).to_owned())).collect::<Vec<_>>();
        assert_eq!(records("a,b\n1,2\n"), [(some(&["a", "b"]), None), (some(&["1", "2"]), None)]);
        assert_eq!(
            records("a,\"b\"\"c\"\r\n\"x\ny\",z\r\n"),
            [(some(&["a", "b\"c"]), None), (some(&["x\ny", "z"]), None)]
        );
        assert_eq!(records("a,,\"\""), [(vec![Some("a".into()), None, Some(String::new())], None)]);
        assert_eq!(records("a,"), [(vec![Some("a".into()), None], None)]);
        assert_eq!(records("a\r"), [(some(&["a"]), None)]);
        assert_eq!(records("\"a\"\r"), [(some(&["a"]), None)]);
        assert_eq!(records("\n\nx"), [(vec![None], None), (vec![None], None), (some(&["x"]), None)]);
        assert_eq!(records("a,\"b"), [(some(&["unclosed 0"]), None)]);
        assert_eq!(records("é,\"ü\"\n"), [(some(&["é", "ü"]), None)]);
    }

    #[test]
    fn flaws_cost_their_own_record_only() {
        let flaws =
            |text: &str| records(text).into_iter().map(|(_, flaw)| flaw.is_some()).collect::<Vec<_>>();
        assert_eq!(flaws("a\"b,c\nd,e\n"), [true, false]);
        assert_eq!(flaws("\"a\"b,c\nd,e\n"), [true, false]);
        assert_eq!(flaws("\"a\"b\nd\n"), [true, false]);
    }
}
