//! One cell of a CSV file: what it may be, and how the server is to read it.

use std::borrow::Cow;

use super::super::Cell;
use super::SeedType;

/// dbt's NULL: nothing, or `null` in any letter case; blanks around do not count.
pub(super) fn is_null(field: &[u8]) -> bool {
    let trimmed = field.trim_ascii();
    trimmed.is_empty() || trimmed.eq_ignore_ascii_case(b"null")
}

/// A number as agate reads one: `-$1,000.50`, `5%`, `1e3`, `NaN`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "six independent observations of one text")]
pub(super) struct Number {
    /// Decimal places, without zeros at the end.
    pub(super) places: bool,
    /// Digits before the decimal point; more than 18 may not fit into 64 bits.
    pub(super) whole_digits: usize,
    pub(super) fits_32: bool,
    /// `NaN`, `Infinity` or with an exponent.
    pub(super) special: bool,
    /// Written as the server reads it: no currency, grouping, percent, underscores.
    pub(super) plain: bool,
    /// Written with a decimal point.
    pub(super) point: bool,
    pub(super) leading_zero: bool,
}

const CURRENCIES: [char; 19] =
    ['؋', '$', 'ƒ', '៛', '¥', '₡', '₱', '£', '€', '¢', '﷼', '₪', '₩', '₭', '₮', '₦', '฿', '₤', '₫'];

pub(super) fn number(field: &[u8]) -> Option<Number> {
    plain_number(field).or_else(|| {
        let text = decorated(field)?;
        let number = plain_number(text.as_bytes()).or_else(|| special_number(&text))?;
        Some(Number { plain: false, ..number })
    })
}

/// Sign, digits, a point: the common case, without an allocation.
fn plain_number(field: &[u8]) -> Option<Number> {
    let digits = field.strip_prefix(b"-").or_else(|| field.strip_prefix(b"+")).unwrap_or(field);
    let whole_digits = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (whole, rest) = digits.split_at(whole_digits);
    let fraction = match rest {
        [] => &[],
        [b'.', fraction @ ..] if fraction.iter().all(u8::is_ascii_digit) => fraction,
        _ => return None,
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let small = || {
        let value = whole.iter().fold(0u64, |sum, byte| sum * 10 + u64::from(byte - b'0'));
        i32::try_from(value).is_ok()
    };
    Some(Number {
        places: fraction.iter().any(|&byte| byte != b'0'),
        whole_digits,
        fits_32: whole_digits < 10 || whole_digits == 10 && small(),
        special: false,
        plain: true,
        point: !rest.is_empty(),
        leading_zero: whole_digits > 1 && whole[0] == b'0',
    })
}

fn special_number(text: &str) -> Option<Number> {
    let unsigned = text.trim_start_matches(['-', '+']).to_ascii_lowercase();
    let word = matches!(unsigned.as_str(), "nan" | "inf" | "infinity");
    let exponent = unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && unsigned.contains('e')
        && text.parse::<f64>().is_ok();
    (word || exponent).then_some(Number {
        places: true,
        whole_digits: 0,
        fits_32: false,
        special: true,
        plain: false,
        point: false,
        leading_zero: false,
    })
}

/// The number without what people write around it, as agate and Python's `Decimal` forgive it.
fn decorated(field: &[u8]) -> Option<Cow<'_, str>> {
    let text = std::str::from_utf8(field).ok()?.trim();
    let body = text.trim_matches('%');
    let (sign, body) = body.strip_prefix('-').map_or(("", body), |body| ("-", body));
    let mut body = body;
    for currency in CURRENCIES {
        body = body.trim_matches(currency);
    }
    let body = body.trim();
    if body.contains([',', '_']) {
        return Some(Cow::Owned(format!("{sign}{}", body.replace([',', '_'], ""))));
    }
    Some(if sign.is_empty() { Cow::Borrowed(body) } else { Cow::Owned(format!("-{body}")) })
}

/// The number's text for a column of whole numbers or of others.
pub(super) fn number_text(field: &[u8], whole: bool) -> Cow<'_, str> {
    let text = match plain_number(field) {
        Some(_) => std::str::from_utf8(field).map(Cow::Borrowed).unwrap_or_default(),
        None => decorated(field).unwrap_or_default(),
    };
    match text.split_once('.') {
        Some((before, _)) if whole => {
            Cow::Owned(if before.is_empty() { "0".into() } else { before.to_owned() })
        }
        _ => text,
    }
}

/// `2024-1-31`.
pub(super) fn is_date(field: &[u8]) -> bool {
    let mut parts = field.trim_ascii().splitn(3, |&byte| byte == b'-');
    let part = |part: Option<&[u8]>, least: usize, most: usize| {
        let part = part?;
        let fits = (least..=most).contains(&part.len()) && part.iter().all(u8::is_ascii_digit);
        fits.then(|| part.iter().fold(0u16, |sum, byte| sum * 10 + u16::from(byte - b'0')))
    };
    let (Some(year), Some(month), Some(day)) =
        (part(parts.next(), 4, 4), part(parts.next(), 1, 2), part(parts.next(), 1, 2))
    else {
        return false;
    };
    let last = match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    year > 0 && (1..=12).contains(&month) && (1..=last).contains(&day)
}

/// `2024-01-31 10:00:00`, exactly.
pub(super) fn is_datetime(field: &[u8]) -> bool {
    let field = field.trim_ascii();
    let Some(blank) = field.iter().position(|&byte| byte == b' ') else { return false };
    let parts: Vec<&[u8]> = field[blank + 1..].split(|&byte| byte == b':').collect();
    parts.len() == 3
        && is_date(&field[..blank])
        && parts.iter().zip([24, 60, 62]).all(|(part, limit)| two_digits(part).is_some_and(|n| n < limit))
}

fn two_digits(part: &[u8]) -> Option<u8> {
    let fits = (1..=2).contains(&part.len()) && part.iter().all(u8::is_ascii_digit);
    fits.then(|| part.iter().fold(0, |sum, byte| sum * 10 + (byte - b'0')))
}

/// ISO 8601 with a `T`; true in the pair when it has an offset.
pub(super) fn iso_datetime(field: &[u8]) -> Option<bool> {
    let text = std::str::from_utf8(field.trim_ascii()).ok()?;
    let (date, time) = text.split_once('T')?;
    let extended = date.len() == 10 && is_date(date.as_bytes());
    let basic = date.len() == 8
        && date.is_ascii()
        && is_date(format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]).as_bytes());
    if !(extended || basic) {
        return None;
    }
    let zone = time.find(['Z', '+', '-']);
    let clock = &time[..zone.unwrap_or(time.len())];
    let (whole, fraction) = clock.split_once(['.', ',']).unwrap_or((clock, "0"));
    let digits = whole.replace(':', "");
    let numbers = digits.len() % 2 == 0
        && (2..=6).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && fraction.bytes().all(|byte| byte.is_ascii_digit())
        && digits
            .as_bytes()
            .chunks(2)
            .zip([24, 60, 60])
            .all(|(part, limit)| two_digits(part).is_some_and(|number| number < limit));
    numbers.then_some(zone.is_some())
}

/// Without its offset, moved to UTC: a column of seeds has no time zone.
pub(super) fn iso_text(field: &[u8]) -> Cow<'_, str> {
    let text = std::str::from_utf8(field.trim_ascii()).unwrap_or_default();
    if iso_datetime(field) != Some(true) {
        return Cow::Borrowed(text);
    }
    match text.parse::<jiff::Timestamp>() {
        Ok(at) => Cow::Owned(at.to_string().trim_end_matches('Z').to_owned()),
        Err(_) => Cow::Borrowed(text),
    }
}

pub(super) fn boolean(field: &[u8]) -> Option<bool> {
    let text = field.trim_ascii();
    if text.eq_ignore_ascii_case(b"true") {
        Some(true)
    } else {
        text.eq_ignore_ascii_case(b"false").then_some(false)
    }
}

/// The cell as a value for templates.
pub(super) fn cell(field: &[u8], data_type: SeedType) -> Cell {
    let text = String::from_utf8_lossy(field);
    let trimmed = text.trim();
    let parsed = match data_type {
        SeedType::Text => None,
        SeedType::Boolean => boolean(field).map(Cell::Bool),
        SeedType::Date => trimmed.parse().ok().map(Cell::Date),
        SeedType::Timestamp => iso_text(field).parse().ok().map(Cell::Timestamp),
        SeedType::Integer | SeedType::BigInteger | SeedType::Numeric => {
            Some(Cell::Decimal(number_text(field, true).into_owned()))
        }
        SeedType::Float => Some(Cell::Decimal(number_text(field, false).into_owned())),
    };
    parsed.unwrap_or_else(|| Cell::Text(text.into_owned()))
}
