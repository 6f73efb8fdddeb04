//! A line of JSON: whether it is a document that the server takes, and where the values of its keys stand in it.

use std::borrow::Cow;
use std::ops::Range;

/// As deep as arrays and objects may be in each other.
const DEEPEST: usize = 512;

/// More digits than the server's numbers have.
const MOST_DIGITS: usize = 10_000;

/// Why a text is no document, and at which byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NotJson {
    pub(super) at: usize,
    pub(super) reason: &'static str,
}

/// The text is UTF-8. `member` is called with the key and the place of each value of the outermost object.
pub(super) fn members(text: &str, mut member: impl FnMut(&str, Range<usize>)) -> Result<(), NotJson> {
    let mut scan = Scan { bytes: text.as_bytes(), at: 0, depth: 0 };
    scan.blanks();
    if scan.peek() != Some(b'{') {
        return Err(scan.no("is not an object"));
    }
    scan.object(&mut |key, range| member(&unescaped(&text[key]), range))?;
    scan.end()
}

/// Any document.
pub(super) fn check(text: &str) -> Result<(), NotJson> {
    let mut scan = Scan { bytes: text.as_bytes(), at: 0, depth: 0 };
    scan.blanks();
    scan.value()?;
    scan.end()
}

/// What stands between the quotes of a string that was checked.
pub(super) fn unescaped(inner: &str) -> Cow<'_, str> {
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let quoted = format!("\"{inner}\"");
    Cow::Owned(serde_json::from_str(&quoted).unwrap_or_default())
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

type Member<'m> = &'m mut dyn FnMut(Range<usize>, Range<usize>);

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn no(&self, reason: &'static str) -> NotJson {
        NotJson { at: self.at, reason }
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn end(&mut self) -> Result<(), NotJson> {
        self.blanks();
        if self.peek().is_some() { Err(self.no("has something behind the document")) } else { Ok(()) }
    }

    fn take(&mut self, byte: u8, reason: &'static str) -> Result<(), NotJson> {
        self.blanks();
        if self.peek() != Some(byte) {
            return Err(self.no(reason));
        }
        self.at += 1;
        Ok(())
    }

    fn value(&mut self) -> Result<(), NotJson> {
        match self.peek() {
            Some(b'"') => self.string().map(drop),
            Some(b'{') => self.object(&mut |_, _| ()),
            Some(b'[') => self.array(),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            Some(b'-' | b'0'..=b'9') => self.number(),
            None => Err(self.no("ends inside of the document")),
            _ => Err(self.no("has no value")),
        }
    }

    fn word(&mut self, word: &str) -> Result<(), NotJson> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.no("has no value"));
        }
        self.at += word.len();
        Ok(())
    }

    fn deeper(&mut self) -> Result<(), NotJson> {
        self.depth += 1;
        self.at += 1;
        if self.depth > DEEPEST { Err(self.no("is nested more than 512 deep")) } else { Ok(()) }
    }

    fn object(&mut self, member: Member<'_>) -> Result<(), NotJson> {
        self.deeper()?;
        self.blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            self.depth -= 1;
            return Ok(());
        }
        loop {
            self.blanks();
            if self.peek() != Some(b'"') {
                return Err(self.no(if self.peek().is_some() {
                    "has no key"
                } else {
                    "ends inside of the document"
                }));
            }
            let key = self.string()?;
            self.take(b':', "has no `:` after a key")?;
            self.blanks();
            let start = self.at;
            self.value()?;
            member(key, start..self.at);
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                Some(_) => return Err(self.no("has no `,` between members")),
                None => return Err(self.no("ends inside of the document")),
            }
        }
        self.at += 1;
        self.depth -= 1;
        Ok(())
    }

    fn array(&mut self) -> Result<(), NotJson> {
        self.deeper()?;
        self.blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            self.depth -= 1;
            return Ok(());
        }
        loop {
            self.blanks();
            self.value()?;
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                Some(_) => return Err(self.no("has no `,` between items")),
                None => return Err(self.no("ends inside of the document")),
            }
        }
        self.at += 1;
        self.depth -= 1;
        Ok(())
    }

    /// What stands between the quotes.
    fn string(&mut self) -> Result<Range<usize>, NotJson> {
        self.at += 1;
        let start = self.at;
        loop {
            let rest = &self.bytes[self.at..];
            let Some(length) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)) else {
                self.at = self.bytes.len();
                return Err(self.no("ends inside of a string"));
            };
            self.at += length;
            match rest[length] {
                b'"' => {
                    self.at += 1;
                    return Ok(start..self.at - 1);
                }
                b'\\' => self.escape()?,
                _ => return Err(self.no("has a control character in a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<(), NotJson> {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => {
                let first = self.unit()?;
                match first {
                    0 => return Err(self.no("has \\u0000, which PostgreSQL cannot store")),
                    0xd800..=0xdbff => {
                        self.at += 6;
                        let is_escape = self.bytes[self.at..].starts_with(b"\\u");
                        if !is_escape || !matches!(self.unit()?, 0xdc00..=0xdfff) {
                            return Err(self.no("has half of a surrogate pair"));
                        }
                    }
                    0xdc00..=0xdfff => return Err(self.no("has half of a surrogate pair")),
                    _ => {}
                }
                self.at += 6;
            }
            _ => return Err(self.no("has an escape that JSON does not know")),
        }
        Ok(())
    }

    /// The number of `\uXXXX`.
    fn unit(&self) -> Result<u16, NotJson> {
        let digits =
            self.bytes.get(self.at + 2..self.at + 6).and_then(|digits| std::str::from_utf8(digits).ok());
        digits
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|digits| u16::from_str_radix(digits, 16).ok())
            .ok_or_else(|| self.no("has an escape that JSON does not know"))
    }

    fn digits(&mut self) -> Result<usize, NotJson> {
        let count = self.bytes[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return Err(self.no("has a number without digits"));
        }
        self.at += count;
        Ok(count)
    }

    fn number(&mut self) -> Result<(), NotJson> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let is_zero = self.peek() == Some(b'0');
        let mut most = self.digits()?;
        if is_zero && most > 1 {
            self.at = start;
            return Err(self.no("has a number with a leading zero"));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            most = most.max(self.digits()?);
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            let from = self.at;
            let count = self.digits()?;
            let exponent =
                std::str::from_utf8(&self.bytes[from..self.at]).ok().and_then(|text| text.parse().ok());
            most = most.max(if count > 9 { usize::MAX } else { exponent.unwrap_or(usize::MAX) });
        }
        if most > MOST_DIGITS {
            self.at = start;
            return Err(self.no("has a number with more than 10000 digits"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_what_serde_takes_and_the_server_can_store() {
        for text in [
            "{}",
            " {\"a\": [1, -0.5e+3, true, null, \"x\\n\\u00e9\\ud83d\\ude00\"], \"b\": {\"c\": []}} ",
            "[1]",
            "1",
            "\"a\"",
            "",
            "{",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{,}",
            "[1,]",
            "[1 2]",
            "01",
            "-",
            "1.",
            "1e",
            "+1",
            "{\"a\":1} x",
            "\"\t\"",
            "\"\\x\"",
            "\"\\u12\"",
            "tru",
            "nul",
            "'a'",
            "{a:1}",
            "[",
            "\"a",
        ] {
            let parsed = serde_json::from_str::<serde_json::Value>(text);
            assert_eq!(check(text).is_ok(), parsed.is_ok(), "{text}");
        }
        for (text, reason) in [
            ("{\"a\": \"\\u0000\"}", "has \\u0000, which PostgreSQL cannot store"),
            ("[\"\\ud800\"]", "has half of a surrogate pair"),
            ("[1e20000]", "has a number with more than 10000 digits"),
        ] {
            assert_eq!(check(text).unwrap_err().reason, reason);
        }
        assert_eq!(check(&"[".repeat(600)).unwrap_err().reason, "is nested more than 512 deep");
        let mut found = Vec::new();
        let text = r#"{"a\"b": 1, "c": {"a": 2}, "d" : "x"}"#;
        members(text, |key, range| found.push((key.to_owned(), text[range].to_owned()))).unwrap();
        let expected = [("a\"b", "1"), ("c", "{\"a\": 2}"), ("d", "\"x\"")];
        assert_eq!(found, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
        assert_eq!(members("[]", |_, _| ()).unwrap_err().reason, "is not an object");
    }
}
