//! What a plain scalar means: PyYAML's implicit resolvers, written by hand because each file has thousands.

use super::Kind;

/// The value of an unquoted scalar.
pub(super) fn plain(text: &str) -> Kind {
    let Some(first) = text.bytes().next() else { return Kind::Null };
    match first {
        b'~' | b'n' | b'N' | b'y' | b'Y' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' => {
            word(text).unwrap_or_else(|| Kind::String(text.to_owned()))
        }
        b'0'..=b'9' | b'+' | b'-' | b'.' => number_or_date(text),
        _ => Kind::String(text.to_owned()),
    }
}

fn word(text: &str) -> Option<Kind> {
    Some(match text {
        "~" | "null" | "Null" | "NULL" => Kind::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Kind::Bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Kind::Bool(false),
        _ => return None,
    })
}

fn number_or_date(text: &str) -> Kind {
    if text.len() > 64 || !text.bytes().any(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Kind::String(text.to_owned());
    }
    integer(text)
        .or_else(|| float(text))
        .or_else(|| timestamp(text))
        .unwrap_or_else(|| Kind::String(text.to_owned()))
}

fn split_sign(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

fn integer(text: &str) -> Option<Kind> {
    let (negative, digits) = split_sign(text);
    let first = *digits.as_bytes().first()?;
    if !first.is_ascii_digit() {
        return None;
    }
    if digits.contains(':') {
        let value = base_sixty_integer(digits)?;
        return Some(Kind::Integer(if negative { -value } else { value }));
    }
    let (radix, body) = match digits.as_bytes() {
        [b'0', b'b', ..] => (2, &digits[2..]),
        [b'0', b'x', ..] => (16, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if body.is_empty() || !body.chars().all(|c| c == '_' || c.is_digit(radix)) {
        return None;
    }
    let plain: String = body.chars().filter(|&c| c != '_').collect();
    let signed = if negative { format!("-{plain}") } else { plain };
    match i64::from_str_radix(&signed, radix) {
        Ok(value) => Some(Kind::Integer(value)),
        // Python's integers have no limit; ours lose precision rather than change type.
        Err(_) if radix == 10 => signed.parse().ok().map(Kind::Float),
        Err(_) => None,
    }
}

/// `190:20:30`, YAML 1.1's base sixty, which PyYAML still reads.
fn base_sixty_integer(digits: &str) -> Option<i64> {
    let mut parts = digits.split(':');
    let head = parts.next()?;
    if head.starts_with('0') || !head.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') {
        return None;
    }
    let mut value: i64 = head.replace('_', "").parse().ok()?;
    for part in parts {
        value = value.checked_mul(60)?.checked_add(i64::from(sixtieth(part)?))?;
    }
    Some(value)
}

fn sixtieth(part: &str) -> Option<u8> {
    let valid = matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
    if valid { part.parse().ok() } else { None }
}

fn float(text: &str) -> Option<Kind> {
    let (negative, body) = split_sign(text);
    let value = match body {
        ".inf" | ".Inf" | ".INF" => f64::INFINITY,
        ".nan" | ".NaN" | ".NAN" if body.len() == text.len() => f64::NAN,
        _ if body.contains(':') => base_sixty_float(body)?,
        // PyYAML allows a bare point only without a sign: `-.5` is a string.
        _ if body.starts_with('.') && body.len() != text.len() => return None,
        _ => decimal(body)?,
    };
    Some(Kind::Float(if negative { -value } else { value }))
}

/// PyYAML asks for a point, and for a sign in the exponent: `1e5` and `1.0e5` are strings.
fn decimal(body: &str) -> Option<f64> {
    let (mantissa, exponent) = match body.find(['e', 'E']) {
        Some(at) => (&body[..at], Some(&body[at + 1..])),
        None => (body, None),
    };
    let (whole, fraction) = mantissa.split_once('.')?;
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    if !digits(whole) || !digits(fraction) || whole.starts_with('_') {
        return None;
    }
    if whole.is_empty() && !fraction.bytes().next().is_some_and(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if let Some(exponent) = exponent {
        let unsigned = exponent.strip_prefix(['+', '-'])?;
        if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
    }
    body.replace('_', "").parse().ok()
}

fn base_sixty_float(body: &str) -> Option<f64> {
    let (sixty, fraction) = body.split_once('.')?;
    if !fraction.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') {
        return None;
    }
    let mut parts = sixty.split(':');
    let mut value: f64 = parts.next()?.replace('_', "").parse().ok()?;
    for part in parts {
        value = value * 60.0 + f64::from(sixtieth(part)?);
    }
    let fraction: f64 = format!("0.{}", fraction.replace('_', "")).parse().ok()?;
    Some(value + fraction)
}

fn timestamp(text: &str) -> Option<Kind> {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || bytes[4] != b'-' || !bytes[..4].iter().all(u8::is_ascii_digit) {
        return None;
    }
    if text.len() == 10 {
        let date: jiff::civil::Date = text.parse().ok()?;
        return Some(Kind::Date(date.to_string()));
    }
    date_and_time(text)
}

fn date_and_time(text: &str) -> Option<Kind> {
    let at = text.find(['T', 't', ' ', '\t'])?;
    let mut date_parts = text[..at].split('-').map(|part| part.parse::<i16>().ok());
    let (year, month, day) = (date_parts.next()??, date_parts.next()??, date_parts.next()??);
    let date = jiff::civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let rest = text[at + 1..].trim_start();
    let zone_at = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = (rest[..zone_at].trim_end(), &rest[zone_at..]);
    let mut clock_parts = clock.split(':');
    let hour: i8 = clock_parts.next()?.parse().ok()?;
    let minute: i8 = clock_parts.next()?.parse().ok()?;
    let (second, fraction) = match clock_parts.next()?.split_once('.') {
        Some((second, fraction)) => (second, fraction),
        None => (&clock[clock.rfind(':')? + 1..], ""),
    };
    let time = jiff::civil::Time::new(hour, minute, second.parse().ok()?, 0).ok()?;
    let mut shown = format!("{date}T{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second());
    if !fraction.is_empty() && fraction.bytes().any(|byte| byte != b'0') {
        let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
        shown.push('.');
        shown.push_str(&digits);
    }
    match zone {
        "" => {}
        "Z" => shown.push_str("+00:00"),
        _ => {
            let (hours, minutes) = zone[1..].split_once(':').unwrap_or((&zone[1..], "0"));
            let (hours, minutes): (u8, u8) = (hours.parse().ok()?, minutes.parse().ok()?);
            shown.push_str(&format!("{}{hours:02}:{minutes:02}", &zone[..1]));
        }
    }
    Some(Kind::Date(shown))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::yaml::float::python_float;

    fn date(text: &str) -> Kind {
        Kind::Date(text.to_owned())
    }

    #[test]
    fn words_numbers_and_dates_resolve_as_in_pyyaml() {
        let string = |text: &str| Kind::String(text.to_owned());
        for (text, expected) in [
            ("yes", Kind::Bool(true)),
            ("Off", Kind::Bool(false)),
            ("y", string("y")),
            ("oN", string("oN")),
            ("~", Kind::Null),
            ("012", Kind::Integer(10)),
            ("018", string("018")),
            ("0o14", string("0o14")),
            ("0x1F", Kind::Integer(31)),
            ("0b11", Kind::Integer(3)),
            ("1_000", Kind::Integer(1000)),
            ("-5", Kind::Integer(-5)),
            ("1:30", Kind::Integer(90)),
            ("1:60", string("1:60")),
            ("1e5", string("1e5")),
            ("1.0e5", string("1.0e5")),
            ("1.5e+3", Kind::Float(1500.0)),
            ("1.", Kind::Float(1.0)),
            (".5", Kind::Float(0.5)),
            ("-.5", string("-.5")),
            ("09:30", string("09:30")),
            ("1.2.3", string("1.2.3")),
            ("-", string("-")),
            ("2020-01-31", date("2020-01-31")),
            ("2020-13-31", string("2020-13-31")),
            ("2001-12-14 21:59:43.10 -5", date("2001-12-14T21:59:43.100000-05:00")),
            ("2001-12-15T02:59:43Z", date("2001-12-15T02:59:43+00:00")),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
    }

    #[test]
    fn floats_print_as_in_python() {
        for (value, expected) in
            [(1.0, "1.0"), (0.1, "0.1"), (1e16, "1e+16"), (1.5e-7, "1.5e-07"), (-2.5, "-2.5")]
        {
            assert_eq!(python_float(value), expected);
        }
    }
}
