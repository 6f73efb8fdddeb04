//! `str.format` and Python's format specifications, as in `{:>10.2f}`.

use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind};

use super::datetime;
use super::integer::as_int;
use super::number::as_float;
use super::{Arguments, ascii, float_repr, repr, to_str, type_error, type_name, value_error};

/// `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`
#[derive(Debug, Default, Clone)]
pub(super) struct Spec {
    pub(super) fill: Option<char>,
    pub(super) align: Option<char>,
    pub(super) sign: Option<char>,
    /// What is rounded to zero has no sign.
    no_negative_zero: bool,
    pub(super) alternate: bool,
    /// Numbers are filled up between sign and digits.
    pub(super) zeros: bool,
    pub(super) width: usize,
    pub(super) grouping: Option<char>,
    pub(super) precision: Option<usize>,
    pub(super) kind: Option<char>,
}

/// Widths and precisions beyond this are a mistake, not a wish.
const SIZE_LIMIT: usize = 1_000_000;

/// No float has more digits that matter; Rust's formatting ends at twice that.
const PRECISION_LIMIT: usize = 30_000;

impl Spec {
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let invalid = || value_error(format!("invalid format specifier '{text}'"));
        let mut spec = Self::default();
        let mut rest: Vec<char> = text.chars().collect();
        let is_align = |character: Option<&char>| matches!(character, Some('<' | '>' | '^' | '='));
        if is_align(rest.get(1)) {
            spec.fill = Some(rest[0]);
            spec.align = Some(rest[1]);
            rest.drain(..2);
        } else if is_align(rest.first()) {
            spec.align = Some(rest.remove(0));
        }
        if matches!(rest.first(), Some('+' | '-' | ' ')) {
            spec.sign = Some(rest.remove(0));
        }
        if rest.first() == Some(&'z') {
            spec.no_negative_zero = true;
            rest.remove(0);
        }
        if rest.first() == Some(&'#') {
            spec.alternate = true;
            rest.remove(0);
        }
        if rest.first() == Some(&'0') {
            spec.fill = spec.fill.or(Some('0'));
            spec.zeros = spec.align.is_none();
            rest.remove(0);
        }
        spec.width = take_number(&mut rest).map_err(|()| invalid())?.unwrap_or_default();
        if matches!(rest.first(), Some(',' | '_')) {
            spec.grouping = Some(rest.remove(0));
        }
        if rest.first() == Some(&'.') {
            rest.remove(0);
            spec.precision = Some(take_number(&mut rest).ok().flatten().ok_or_else(invalid)?);
        }
        spec.kind = if rest.is_empty() { None } else { Some(rest.remove(0)) };
        if rest.is_empty() { Ok(spec) } else { Err(invalid()) }
    }

    /// Formats as `format(value, spec)` does.
    pub(super) fn apply(&self, value: &Value) -> Result<String, Error> {
        let is_number = value.kind() == ValueKind::Number || as_float(value).is_some();
        if is_number || value.kind() == ValueKind::Bool {
            self.check_number(as_int(value).is_some())?;
            return self.apply_number(value);
        }
        let kind = type_name(value);
        if value.kind() != ValueKind::String {
            return Err(type_error(format!("unsupported format string passed to {kind}.__format__")));
        }
        match self.kind {
            None | Some('s') => self.check_text()?,
            Some(code) => {
                return Err(value_error(format!("Unknown format code '{code}' for object of type '{kind}'")));
            }
        }
        Ok(self.apply_text(&to_str(value)))
    }

    /// What only numbers have.
    fn check_text(&self) -> Result<(), Error> {
        let wrong = match (self.sign, self.grouping) {
            (Some(' '), _) => "Space not allowed in string format specifier".to_owned(),
            (Some(_), _) => "Sign not allowed in string format specifier".to_owned(),
            _ if self.no_negative_zero => {
                "Negative zero coercion (z) not allowed in string format specifier".to_owned()
            }
            _ if self.alternate => "Alternate form (#) not allowed in string format specifier".to_owned(),
            _ if self.align == Some('=') => "'=' alignment not allowed in string format specifier".to_owned(),
            (_, Some(grouping)) => format!("Cannot specify '{grouping}' with 's'."),
            _ => return Ok(()),
        };
        Err(value_error(wrong))
    }

    /// What does not go with the code.
    fn check_number(&self, is_int: bool) -> Result<(), Error> {
        let Some(code) = self.kind else { return Ok(()) };
        let known = if is_int { "bcdeEfFgGnosxX%" } else { "eEfFgGn%bcdosxX" };
        if !known.contains(code) {
            let kind = if is_int { "int" } else { "float" };
            return Err(value_error(format!("Unknown format code '{code}' for object of type '{kind}'")));
        }
        match self.grouping {
            Some(',') if !"deEfFgG%".contains(code) => {
                return Err(value_error(format!("Cannot specify ',' with '{code}'.")));
            }
            Some('_') if !"bdeEfFgGoxX%".contains(code) => {
                return Err(value_error(format!("Cannot specify '_' with '{code}'.")));
            }
            _ => {}
        }
        if code == 'c' && self.sign.is_some() {
            return Err(value_error("Sign not allowed with integer format specifier 'c'"));
        }
        if code == 'c' && self.alternate {
            return Err(value_error("Alternate form (#) not allowed with integer format specifier 'c'"));
        }
        Ok(())
    }

    pub(super) fn apply_text(&self, text: &str) -> String {
        let text: String = match self.precision {
            Some(precision) => text.chars().take(precision).collect(),
            None => text.to_owned(),
        };
        self.pad(&text, '<')
    }

    fn apply_number(&self, value: &Value) -> Result<String, Error> {
        let is_int = as_int(value).is_some();
        if is_int
            && self.precision.is_some()
            && matches!(self.kind, None | Some('d' | 'b' | 'o' | 'x' | 'X' | 'c' | 'n'))
        {
            return Err(value_error("Precision not allowed in integer format specifier"));
        }
        if is_int
            && self.no_negative_zero
            && matches!(self.kind, None | Some('d' | 'b' | 'o' | 'x' | 'X' | 'c' | 'n'))
        {
            return Err(value_error("Negative zero coercion (z) not allowed in integer format specifier"));
        }
        let (negative, body) = match (self.kind, as_int(value)) {
            (Some('b' | 'o' | 'x' | 'X'), Some(int)) => {
                return Ok(self.in_base(int, |digits| self.group(digits, 4)));
            }
            (None | Some('d' | 'n'), Some(int)) => (int < 0, self.group(&int.unsigned_abs().to_string(), 3)),
            (Some('c'), Some(int)) => {
                let character = u32::try_from(int).ok().and_then(char::from_u32);
                let character = character.ok_or_else(|| value_error("%c arg not in range(0x110000)"))?;
                return Ok(self.pad(&character.to_string(), '<'));
            }
            (Some(kind @ ('d' | 'b' | 'o' | 'x' | 'X' | 'c' | 's')), _) => {
                return Err(value_error(format!(
                    "unknown format code '{kind}' for object of type '{}'",
                    type_name(value)
                )));
            }
            (None, None) if self.precision.is_none() && value.kind() != ValueKind::Number => {
                let text = to_str(value);
                let bare = text.trim_start_matches('-').to_owned();
                (bare.len() < text.len(), self.group(&bare, 3))
            }
            _ => {
                let float = as_float(value)
                    .or_else(|| as_int(value).map(|int| if int == 0 { 0.0 } else { 1.0 }))
                    .unwrap_or(f64::NAN);
                (float.is_sign_negative() && !float.is_nan(), self.float_body(float.abs()))
            }
        };
        let mantissa = body.split(['e', 'E']).next().unwrap_or_default();
        let is_zero = self.no_negative_zero
            && mantissa.contains('0')
            && !mantissa.contains(|digit: char| ('1'..='9').contains(&digit));
        Ok(self.sign_and_pad(negative && !is_zero, "", &body))
    }

    /// The precision of `%` is the least number of digits.
    pub(super) fn at_least(&self, digits: &str) -> String {
        let missing = self.precision.unwrap_or_default().saturating_sub(digits.len());
        format!("{}{digits}", "0".repeat(missing))
    }

    pub(super) fn in_base(&self, int: i128, arranged: impl FnOnce(&str) -> String) -> String {
        let number = int.unsigned_abs();
        let (prefix, digits) = match self.kind {
            Some('b') => ("0b", format!("{number:b}")),
            Some('o') => ("0o", format!("{number:o}")),
            Some('X') => ("0X", format!("{number:X}")),
            _ => ("0x", format!("{number:x}")),
        };
        self.sign_and_pad(int < 0, if self.alternate { prefix } else { "" }, &arranged(&digits))
    }

    fn float_body(&self, float: f64) -> String {
        if !float.is_finite() {
            let text = float_repr(float);
            return if matches!(self.kind, Some('F' | 'E' | 'G')) { text.to_uppercase() } else { text };
        }
        let precision = self.precision.unwrap_or(6).min(PRECISION_LIMIT);
        let text = match self.kind {
            Some('f' | 'F') => format!("{float:.precision$}"),
            Some('e' | 'E') => scientific(float, precision),
            Some('%') => format!("{:.precision$}%", float * 100.0),
            Some('g' | 'G') => self.general(float, precision.max(1)),
            _ if self.precision.is_some() => {
                let text = self.general(float, precision.max(1));
                if text.contains(['.', 'e']) { text } else { text + ".0" }
            }
            _ => float_repr(float),
        };
        let text = if matches!(self.kind, Some('E' | 'G')) { text.to_uppercase() } else { text };
        self.group(&text, 3)
    }

    fn general(&self, float: f64, precision: usize) -> String {
        let text = scientific(float, precision - 1);
        let exponent: i32 =
            text.rsplit_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or_default();
        let limit = i32::try_from(precision).unwrap_or(i32::MAX);
        let trim = |text: &str| {
            if self.alternate || !text.contains('.') {
                return text.to_owned();
            }
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        };
        if (-4..limit).contains(&exponent) {
            let decimals = usize::try_from(limit - 1 - exponent).unwrap_or_default();
            return trim(&format!("{float:.decimals$}"));
        }
        match text.rsplit_once('e') {
            Some((mantissa, exponent)) => format!("{}e{exponent}", trim(mantissa)),
            None => text,
        }
    }

    /// Separators between groups of the digits before the point.
    fn group(&self, text: &str, size: usize) -> String {
        let Some(separator) = self.grouping else { return text.to_owned() };
        let end = text.find(|character: char| !character.is_ascii_hexdigit()).unwrap_or(text.len());
        let (digits, rest) = text.split_at(end);
        let mut grouped = String::new();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index) % size == 0 {
                grouped.push(separator);
            }
            grouped.push(digit);
        }
        grouped + rest
    }

    pub(super) fn sign_and_pad(&self, negative: bool, prefix: &str, body: &str) -> String {
        let sign = match self.sign {
            _ if negative => "-",
            Some('+') => "+",
            Some(' ') => " ",
            _ => "",
        };
        if self.align == Some('=') || self.zeros {
            let fill = self.fill.unwrap_or(' ').to_string();
            let missing = self.width.saturating_sub(sign.len() + prefix.len() + body.chars().count());
            return format!("{sign}{prefix}{}{body}", fill.repeat(missing));
        }
        self.pad(&format!("{sign}{prefix}{body}"), '>')
    }

    fn pad(&self, text: &str, default_align: char) -> String {
        let missing = self.width.saturating_sub(text.chars().count());
        let left = match self.align.unwrap_or(default_align) {
            '<' => 0,
            '^' => missing / 2,
            _ => missing,
        };
        let fill = self.fill.unwrap_or(' ').to_string();
        format!("{}{text}{}", fill.repeat(left), fill.repeat(missing - left))
    }
}

fn scientific(float: f64, precision: usize) -> String {
    let text = format!("{float:.precision$e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let exponent: i32 = exponent.parse().unwrap_or_default();
            format!("{mantissa}e{exponent:+03}")
        }
        None => text,
    }
}

/// The number at the start, if there is one; one that is too large is an error.
fn take_number(rest: &mut Vec<char>) -> Result<Option<usize>, ()> {
    let length = rest.iter().take_while(|character| character.is_ascii_digit()).count();
    if length == 0 {
        return Ok(None);
    }
    let digits: String = rest.drain(..length).collect();
    digits.parse().ok().filter(|&number| number <= SIZE_LIMIT).map(Some).ok_or(())
}

/// `template.format(..)`
pub(super) fn str_format(template: &str, args: &[Value]) -> Result<String, Error> {
    let arguments = Arguments::new("format", args);
    Formatter { arguments: &arguments, next: 0, numbered: false }.render(template, 0)
}

struct Formatter<'a> {
    arguments: &'a Arguments<'a>,
    next: usize,
    /// Fields have numbers of their own.
    numbered: bool,
}

impl Formatter<'_> {
    fn render(&mut self, template: &str, depth: usize) -> Result<String, Error> {
        let mut out = String::with_capacity(template.len());
        let mut rest = template;
        while let Some(at) = rest.find(['{', '}']) {
            out.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                out.push_str(brace);
                rest = after;
            } else if brace == "}" {
                return Err(value_error("single '}' encountered in format string"));
            } else {
                let end = field_end(rest)?;
                out.push_str(&self.field(&rest[..end], depth)?);
                rest = &rest[end + 1..];
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    fn field(&mut self, field: &str, depth: usize) -> Result<String, Error> {
        let split = field.find([':', '!']).unwrap_or(field.len());
        let (name, mut rest) = field.split_at(split);
        let value = self.lookup(name)?;
        let mut conversion = None;
        if let Some(after) = rest.strip_prefix('!') {
            conversion = after.chars().next();
            rest = after.get(1..).unwrap_or_default();
        }
        let spec = match rest.strip_prefix(':') {
            Some(spec) if spec.contains('{') && depth < 2 => self.render(spec, depth + 1)?,
            Some(spec) => spec.to_owned(),
            None => String::new(),
        };
        let value = match conversion {
            None => value,
            Some('r') => Value::from(repr(&value)),
            Some('a') => Value::from(ascii(&value)),
            Some('s') => Value::from(to_str(&value)),
            Some(other) => return Err(value_error(format!("unknown conversion specifier {other}"))),
        };
        if spec.is_empty() {
            return Ok(to_str(&value));
        }
        match datetime::format(&value, &spec) {
            Some(text) => text,
            None => Spec::parse(&spec)?.apply(&value),
        }
    }

    /// `name`, `0`, or nothing for the next one; then `.attribute` and `[key]` any number of times.
    fn lookup(&mut self, name: &str) -> Result<Value, Error> {
        let end = name.find(['.', '[']).unwrap_or(name.len());
        let (first, mut path) = name.split_at(end);
        if first.is_empty() && !path.is_empty() {
            return Err(value_error(format!("no field is named by '{name}'")));
        }
        let is_number = !name.is_empty() && name.chars().all(char::is_numeric);
        if (name.is_empty() && self.numbered) || (is_number && self.next > 0) {
            let message = "cannot switch from manual field specification to automatic field numbering";
            return Err(value_error(message));
        }
        self.numbered |= is_number;
        let mut value = self.argument(first)?;
        while !path.is_empty() {
            if let Some(after) = path.strip_prefix('[') {
                let (key, rest) =
                    after.split_once(']').ok_or_else(|| value_error("missing ']' in format string"))?;
                let key = key.parse::<i64>().map_or_else(|_| Value::from(key), Value::from);
                value = value.get_item(&key)?;
                path = rest;
            } else {
                let after = path
                    .strip_prefix('.')
                    .ok_or_else(|| value_error("only '.' or '[' may follow ']' in format field specifier"))?;
                let end = after.find(['.', '[']).unwrap_or(after.len());
                value = value.get_attr(&after[..end])?;
                path = &after[end..];
            }
        }
        Ok(value)
    }

    fn argument(&mut self, name: &str) -> Result<Value, Error> {
        if let Some((_, value)) = self.arguments.keywords().iter().find(|(key, _)| key == name) {
            return Ok(value.clone());
        }
        let index = if name.is_empty() {
            self.next += 1;
            Some(self.next - 1)
        } else {
            name.parse().ok()
        };
        let Some(index) = index else { return Err(value_error(format!("no argument '{name}' for format"))) };
        self.arguments.positional.get(index).cloned().ok_or_else(|| {
            Error::new(
                ErrorKind::MissingArgument,
                format!("replacement index {index} out of range for positional arguments"),
            )
        })
    }
}

/// The place of the brace that closes a field, with fields nested in its specification.
fn field_end(text: &str) -> Result<usize, Error> {
    let mut depth = 0;
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => return Ok(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    Err(value_error("expected '}' before end of string"))
}
