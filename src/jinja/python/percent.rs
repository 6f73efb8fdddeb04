//! `'%s and %(name)d' % values`

use minijinja::value::{Tuple, Value, ValueKind};
use minijinja::{Error, ErrorKind};

use super::format::Spec;
use super::integer::{as_int, int_value};
use super::number::as_float;
use super::{ascii, repr, to_str, type_error, type_name, value_error};

/// Formats `template` with one value, a tuple of values, or a dict for `%(key)s`.
pub(crate) fn percent_format(template: &str, values: &Value) -> Result<String, Error> {
    let positional: Vec<Value> = match values.downcast_object_ref::<Tuple>() {
        Some(tuple) => tuple.to_vec(),
        None => vec![values.clone()],
    };
    let mut arguments = PercentArguments { values, positional, next: 0, keyed: false };
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = arguments.directive(&mut out, &rest[at + 1..])?;
    }
    out.push_str(rest);
    arguments.finish()?;
    Ok(out)
}

struct PercentArguments<'a> {
    values: &'a Value,
    positional: Vec<Value>,
    next: usize,
    keyed: bool,
}

impl PercentArguments<'_> {
    /// Formats what follows a `%` and returns the text after it.
    fn directive<'t>(&mut self, out: &mut String, text: &'t str) -> Result<&'t str, Error> {
        let mut rest = text;
        let mut keyed = None;
        if let Some(after) = rest.strip_prefix('(') {
            let end = closing_parenthesis(after).ok_or_else(|| value_error("incomplete format key"))?;
            keyed = Some(self.by_key(&after[..end])?);
            rest = &after[end + 1..];
        }
        let mut spec = Spec::default();
        while let Some(flag @ ('-' | '+' | ' ' | '0' | '#')) = rest.chars().next() {
            match flag {
                '-' => spec.align = Some('<'),
                '+' => spec.sign = Some('+'),
                ' ' => spec.sign = spec.sign.or(Some(' ')),
                '0' => spec.fill = Some('0'),
                _ => spec.alternate = true,
            }
            rest = &rest[1..];
        }
        let (width, after) = self.size(rest)?;
        rest = after;
        if width < 0 {
            spec.align = Some('<');
        }
        spec.width = usize::try_from(width.abs()).unwrap_or_default();
        if let Some(after) = rest.strip_prefix('.') {
            let (precision, after) = self.size(after)?;
            spec.precision = Some(usize::try_from(precision).unwrap_or_default());
            rest = after;
        }
        rest = rest.trim_start_matches(['l', 'h', 'L']);
        let kind = rest.chars().next().ok_or_else(|| value_error("incomplete format"))?;
        if kind == '%' {
            out.push('%');
        } else {
            let value = match keyed {
                Some(value) => value,
                None => self.next_value()?,
            };
            out.push_str(&convert(kind, spec, &value)?);
        }
        Ok(&rest[kind.len_utf8()..])
    }

    fn by_key(&mut self, key: &str) -> Result<Value, Error> {
        if self.values.kind() != ValueKind::Map {
            return Err(type_error("format requires a mapping"));
        }
        self.keyed = true;
        let value = self.values.get_item(&Value::from(key))?;
        if value.is_undefined() {
            return Err(value_error(format!("no key '{key}' for the format")));
        }
        Ok(value)
    }

    fn next_value(&mut self) -> Result<Value, Error> {
        self.next += 1;
        let value = self.positional.get(self.next - 1).cloned();
        value.ok_or_else(|| type_error("not enough arguments for format string"))
    }

    /// A width or precision: digits, or `*` for the next value.
    fn size<'t>(&mut self, text: &'t str) -> Result<(i64, &'t str), Error> {
        if let Some(rest) = text.strip_prefix('*') {
            let value = self.next_value()?;
            return Ok((super::expect_int("*", &value)?.clamp(-1_000_000, 1_000_000), rest));
        }
        let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
        let size: i64 = if end == 0 { 0 } else { text[..end].parse().unwrap_or(i64::MAX) };
        if size > 1_000_000 { Err(value_error("width too big")) } else { Ok((size, &text[end..])) }
    }

    /// Python: surplus values are an error, but a mapping may go unused.
    fn finish(&self) -> Result<(), Error> {
        let unused_mapping =
            matches!(self.values.kind(), ValueKind::Map | ValueKind::Seq | ValueKind::Undefined);
        if self.keyed || self.next >= self.positional.len() || (unused_mapping && !self.values.is_tuple()) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::TooManyArguments, "not all arguments converted during string formatting"))
    }
}

fn closing_parenthesis(text: &str) -> Option<usize> {
    let mut depth = 0;
    text.char_indices().find_map(|(at, character)| {
        match character {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(at),
            ')' => depth -= 1,
            _ => {}
        }
        None
    })
}

fn convert(kind: char, mut spec: Spec, value: &Value) -> Result<String, Error> {
    let text = match kind {
        's' => Some(to_str(value)),
        'r' => Some(repr(value)),
        'a' => Some(ascii(value)),
        'c' if value.as_str().is_some_and(|text| text.chars().count() == 1) => Some(to_str(value)),
        'c' if as_int(value).is_none() => return Err(type_error("%c requires int or char")),
        _ => None,
    };
    if let Some(text) = text {
        spec.fill = None;
        spec.align = spec.align.or(Some('>'));
        return Ok(spec.apply_text(&text));
    }
    if spec.align.is_some() {
        spec.fill = None;
    } else if spec.fill.is_some() {
        spec.align = Some('=');
    }
    if as_float(value).is_none() && as_int(value).is_none() {
        return Err(type_error(format!(
            "%{kind} format: a real number is required, not {}",
            type_name(value)
        )));
    }
    spec.kind = Some(kind);
    let value = match kind {
        'd' | 'i' | 'u' => {
            spec.kind = Some('d');
            return Ok(whole_number(&spec, value));
        }
        'o' | 'x' | 'X' => {
            let Some(int) = as_int(value) else {
                let kind_of_value = type_name(value);
                return Err(type_error(format!(
                    "%{kind} format: an integer is required, not {kind_of_value}"
                )));
            };
            return Ok(spec.in_base(int, |digits| spec.at_least(digits)));
        }
        'c' => {
            // of a text of one letter
            (spec.precision, spec.fill, spec.sign) = (None, None, None);
            spec.alternate = false;
            spec.align = spec.align.filter(|align| *align == '<').or(Some('>'));
            value.clone()
        }
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => Value::from(as_float(value).unwrap_or_default()),
        _ => return Err(value_error(format!("unsupported format character '{kind}'"))),
    };
    spec.apply(&value)
}

/// `%d` cuts off fractions; its precision is the least number of digits.
fn whole_number(spec: &Spec, value: &Value) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "floats beyond i128 saturate")]
    let truncated = || as_float(value).unwrap_or_default().trunc() as i128;
    let int = as_int(value).unwrap_or_else(truncated);
    let digits = to_str(&int_value(int)).trim_start_matches('-').to_owned();
    spec.sign_and_pad(int < 0, "", &spec.at_least(&digits))
}
