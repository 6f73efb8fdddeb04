//! Cuts a template into tokens as Jinja2's lexer does, one when it is asked for.

use std::ops::Range;

use minijinja::Value;

use super::literals;
use super::problem::Problem;
use super::token::Token;
use crate::jinja::python::is_space;

const OPERATORS: [&str; 26] = [
    "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<",
    "=", ".", ":", "|", ",", ";",
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Text,
    Block,
    Variable,
}

pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    place: Mode,
    /// The brackets that are to be closed before the tag can end.
    closing: Vec<&'static str>,
}

type Lexeme<'a> = (Token<'a>, Range<usize>);

impl<'a> Lexer<'a> {
    pub(super) fn of_template(text: &'a str) -> Self {
        Self { text, at: 0, place: Mode::Text, closing: Vec::new() }
    }

    pub(super) fn of_expression(text: &'a str) -> Self {
        Self { text, at: 0, place: Mode::Variable, closing: Vec::new() }
    }

    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    pub(super) fn next(&mut self) -> Result<Lexeme<'a>, Problem> {
        match self.place {
            Mode::Text => self.next_of_text(),
            Mode::Block | Mode::Variable => self.next_of_tag(),
        }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches(is_space).len();
    }

    /// The text up to the next tag, or the tag's first mark.
    fn next_of_text(&mut self) -> Result<Lexeme<'a>, Problem> {
        loop {
            let start = self.at;
            let Some((opened, mark)) = self.next_mark(start) else {
                self.at = self.text.len();
                let range = start..self.at;
                return Ok(if start < self.at {
                    (Token::Data(&self.text[start..]), range)
                } else {
                    (Token::End, range)
                });
            };
            let sign = self.byte(opened + 2).filter(|sign| matches!(sign, b'-' | b'+'));
            let data = &self.text[start..opened];
            let data = if sign == Some(b'-') { data.trim_end_matches(is_space) } else { data };
            if !data.is_empty() {
                self.at = opened;
                return Ok((Token::Data(data), start..start + data.len()));
            }
            self.at = opened + 2 + usize::from(sign.is_some());
            match mark {
                b'#' => self.skip_comment(opened)?,
                b'%' => {
                    if let Some(raw) = self.raw(opened)? {
                        return Ok(raw);
                    }
                    self.place = Mode::Block;
                    return Ok((Token::BlockBegin, opened..self.at));
                }
                _ => {
                    self.place = Mode::Variable;
                    return Ok((Token::VariableBegin, opened..self.at));
                }
            }
        }
    }

    fn next_mark(&self, from: usize) -> Option<(usize, u8)> {
        self.text[from..].match_indices('{').find_map(|(at, _)| {
            let mark = self.byte(from + at + 1).filter(|mark| matches!(mark, b'{' | b'%' | b'#'))?;
            Some((from + at, mark))
        })
    }

    fn skip_comment(&mut self, opened: usize) -> Result<(), Problem> {
        if self.rest().is_empty() {
            // Jinja2 misses the end where something stands before it
            return Ok(());
        }
        let Some(length) = self.rest().find("#}") else {
            return Err(Problem::new("Missing end of comment tag", opened..opened + 2)
                .help("close the comment with `#}`"));
        };
        let strips = self.rest()[..length].ends_with('-');
        self.at += length + 2;
        if strips {
            self.skip_space();
        }
        Ok(())
    }

    /// What stands between `{% raw %}` and `{% endraw %}`, with the place after it as the next one.
    fn raw(&mut self, opened: usize) -> Result<Option<Lexeme<'a>>, Problem> {
        let Some(inside) = tag_named(self.rest(), "raw", false) else { return Ok(None) };
        let start = self.text.len() - inside.len();
        if inside.is_empty() {
            self.at = start;
            return Ok(Some((Token::Data(inside), start..start)));
        }
        let missing = || {
            Problem::new("Missing end of raw directive", opened..start).help("close it with `{% endraw %}`")
        };
        let mut from = start;
        let (end, after) = loop {
            let found = self.text[from..].find("{%").ok_or_else(missing)?;
            let end = from + found;
            let tag = &self.text[end + 2..];
            let unsigned = tag.strip_prefix(['-', '+']).unwrap_or(tag);
            if let Some(after) = tag_named(unsigned, "endraw", true) {
                break (end, self.text.len() - after.len());
            }
            from = end + 2;
        };
        let data = &self.text[start..end];
        let data = if self.byte(end + 2) == Some(b'-') { data.trim_end_matches(is_space) } else { data };
        self.at = after;
        Ok(Some((Token::Data(data), start..start + data.len())))
    }

    fn next_of_tag(&mut self) -> Result<Lexeme<'a>, Problem> {
        if self.closing.is_empty() && self.skip_end() {
            let (token, length) =
                if self.place == Mode::Block { (Token::BlockEnd, 2) } else { (Token::VariableEnd, 2) };
            let end = self.at;
            if self.byte(end) == Some(b'-') || self.byte(end) == Some(b'+') {
                self.at += 1 + length;
                if self.byte(end) == Some(b'-') {
                    self.skip_space();
                }
                self.place = Mode::Text;
                return Ok((token, end..end + 1 + length));
            }
            self.at += length;
            self.place = Mode::Text;
            return Ok((token, end..end + length));
        }
        let start = self.at;
        let Some(first) = self.rest().chars().next() else { return Ok((Token::End, start..start)) };
        if is_space(first) {
            self.skip_space();
            return self.next_of_tag();
        }
        let token = self.token(first)?;
        Ok((token, start..self.at))
    }

    /// Whether the tag ends here.
    fn skip_end(&self) -> bool {
        let rest = self.rest();
        match self.place {
            Mode::Block => rest.strip_prefix(['-', '+']).unwrap_or(rest).starts_with("%}"),
            _ => rest.strip_prefix('-').unwrap_or(rest).starts_with("}}"),
        }
    }

    fn token(&mut self, first: char) -> Result<Token<'a>, Problem> {
        let (start, rest) = (self.at, self.rest());
        if first.is_ascii_digit() {
            return self.number();
        }
        if is_word(first) {
            self.at += rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
            let name = &self.text[start..self.at];
            return match is_identifier(name) {
                true => Ok(Token::Name(name)),
                false => Err(Problem::new("Invalid character in identifier", start..self.at)),
            };
        }
        if matches!(first, '\'' | '"') {
            return self.quoted(first);
        }
        let Some(symbol) = OPERATORS.into_iter().find(|symbol| rest.starts_with(symbol)) else {
            return Err(self.unexpected(first, start));
        };
        self.at += symbol.len();
        self.balance(symbol, start)?;
        Ok(Token::Operator(symbol))
    }

    fn unexpected(&self, letter: char, at: usize) -> Problem {
        let place = self.text[..at].chars().count();
        let quote = if letter == '\'' { '"' } else { '\'' };
        Problem::new(format!("unexpected char {quote}{letter}{quote} at {place}"), at..at + letter.len_utf8())
    }

    fn number(&mut self) -> Result<Token<'a>, Problem> {
        let (start, rest) = (self.at, self.rest());
        let after_dot = start > 0 && self.byte(start - 1) == Some(b'.');
        if let Some((number, length)) = literals::float(rest).filter(|_| !after_dot) {
            self.at += length;
            return Ok(Token::Float(number));
        }
        let Some((value, length)) = literals::integer(rest) else {
            return Err(self.unexpected(rest.chars().next().unwrap_or_default(), start));
        };
        self.at += length;
        Ok(Token::Integer(value))
    }

    fn quoted(&mut self, quote: char) -> Result<Token<'a>, Problem> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut end = start + 1;
        let mut escapes = false;
        loop {
            match bytes.get(end) {
                Some(b'\\') => {
                    escapes = true;
                    end += 2;
                }
                Some(byte) if char::from(*byte) == quote => break,
                Some(_) => end += 1,
                None => return Err(self.unexpected(quote, start).help("the string is not closed")),
            }
        }
        let inside = &self.text[start + 1..end];
        self.at = end + 1;
        if !escapes {
            return Ok(Token::Text(Value::from(inside)));
        }
        match literals::unescaped(inside) {
            Ok(text) => Ok(Token::Text(Value::from(text))),
            Err(message) => Err(Problem::new(message, start..self.at)),
        }
    }

    fn balance(&mut self, symbol: &'static str, at: usize) -> Result<(), Problem> {
        match symbol {
            "{" => self.closing.push("}"),
            "(" => self.closing.push(")"),
            "[" => self.closing.push("]"),
            "}" | ")" | "]" => match self.closing.pop() {
                None => return Err(Problem::new(format!("unexpected '{symbol}'"), at..at + 1)),
                Some(expected) if expected != symbol => {
                    let message = format!("unexpected '{symbol}', expected '{expected}'");
                    return Err(Problem::new(message, at..at + 1));
                }
                Some(_) => {}
            },
            _ => {}
        }
        Ok(())
    }
}

/// What follows a tag of this name whose first mark stands before `text`; without the white space that its `-` eats.
fn tag_named<'a>(text: &'a str, name: &str, plus: bool) -> Option<&'a str> {
    let rest = text.trim_start_matches(is_space).strip_prefix(name)?.trim_start_matches(is_space);
    if let Some(after) = rest.strip_prefix("-%}") {
        return Some(after.trim_start_matches(is_space));
    }
    rest.strip_prefix("%}").or_else(|| rest.strip_prefix("+%}").filter(|_| plus))
}

/// Python's `\w`, and the marks that may stand in identifiers.
fn is_word(letter: char) -> bool {
    letter == '_' || letter.is_alphanumeric() || (!letter.is_ascii() && is_identifier_mark(letter))
}

/// Combining marks of common scripts.
fn is_identifier_mark(letter: char) -> bool {
    matches!(u32::from(letter), 0xb7 | 0x300..=0x36f | 0x483..=0x487 | 0x591..=0x5bd | 0x610..=0x61a | 0x64b..=0x669
        | 0x900..=0x903 | 0x93a..=0x94f | 0x203f..=0x2040 | 0x20d0..=0x20dc | 0xfe00..=0xfe0f | 0xfe20..=0xfe2f)
}

fn is_identifier(name: &str) -> bool {
    name.chars().next().is_some_and(|first| first == '_' || first.is_alphabetic())
        && name.chars().all(|letter| {
            letter == '_' || letter.is_alphabetic() || is_identifier_mark(letter) || is_digit(letter)
        })
}

/// Decimal digits; Python has no fractions and no circled numbers in names.
fn is_digit(letter: char) -> bool {
    letter.is_ascii_digit()
        || (letter.is_numeric()
            && !letter.is_alphabetic()
            && !matches!(u32::from(letter), 0xb2..=0xbe | 0x2070..=0x218f | 0x2460..=0x249b | 0x2776..=0x2793 | 0x3192..=0x33ff))
}
