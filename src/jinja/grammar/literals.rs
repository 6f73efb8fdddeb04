//! Numbers and texts as Python spells them.

use minijinja::Value;

use crate::jinja::python::LargeInteger;

/// The length of `12_000`: digits with single underscores between them.
fn digits(text: &[u8], is_digit: fn(&u8) -> bool) -> usize {
    let mut length = text.iter().take_while(|byte| is_digit(byte)).count();
    while length > 0 && text.get(length) == Some(&b'_') {
        let more = text[length + 1..].iter().take_while(|byte| is_digit(byte)).count();
        if more == 0 {
            break;
        }
        length += 1 + more;
    }
    length
}

/// The float that a text begins with, and its length.
pub(super) fn float(text: &str) -> Option<(f64, usize)> {
    let bytes = text.as_bytes();
    let whole = digits(bytes, u8::is_ascii_digit);
    if whole == 0 {
        return None;
    }
    let mut length = whole;
    if bytes.get(length) == Some(&b'.') {
        let fraction = digits(&bytes[length + 1..], u8::is_ascii_digit);
        length += if fraction == 0 { 0 } else { 1 + fraction };
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        let exponent = digits(&bytes[(length + 1 + sign).min(bytes.len())..], u8::is_ascii_digit);
        length += if exponent == 0 { 0 } else { 1 + sign + exponent };
    }
    if length == whole {
        return None;
    }
    let number = if text[..length].contains('_') {
        text[..length].replace('_', "").parse()
    } else {
        text[..length].parse()
    };
    number.ok().map(|number| (number, length))
}

/// The integer that a text begins with, and its length.
pub(super) fn integer(text: &str) -> Option<(Value, usize)> {
    let bytes = text.as_bytes();
    let (radix, is_digit): (u32, fn(&u8) -> bool) = match (bytes.first()?, bytes.get(1)) {
        (b'0', Some(b'b' | b'B')) => (2, |byte| matches!(byte, b'0' | b'1')),
        (b'0', Some(b'o' | b'O')) => (8, |byte| matches!(byte, b'0'..=b'7')),
        (b'0', Some(b'x' | b'X')) => (16, u8::is_ascii_hexdigit),
        (b'0', _) => (10, |byte| *byte == b'0'),
        (b'1'..=b'9', _) => (10, u8::is_ascii_digit),
        _ => return None,
    };
    let prefix = if radix == 10 { 0 } else { 2 };
    let underscore = usize::from(prefix == 2 && bytes.get(2) == Some(&b'_'));
    let length = digits(&bytes[prefix + underscore..], is_digit);
    if length == 0 {
        // `0b2` is a zero before a name
        return Some((Value::from(0), 1));
    }
    let length = prefix + underscore + length;
    let plain = &text[prefix..length];
    let plain = if plain.contains('_') { plain.replace('_', "") } else { plain.to_owned() };
    let small = i64::from_str_radix(&plain, radix).map(Value::from);
    let value = small.or_else(|_| i128::from_str_radix(&plain, radix).map(Value::from)).ok();
    Some((value.or_else(|| LargeInteger::parse(&plain, radix))?, length))
}

/// The text between quotes, as Python's `unicode-escape` reads it.
pub(super) fn unescaped(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let mut letters = rest[at + 1..].chars();
        let Some(letter) = letters.next() else { break };
        rest = letters.as_str();
        match letter {
            '\n' => {}
            '\\' | '\'' | '"' => out.push(letter),
            'a' => out.push('\x07'),
            'b' => out.push('\x08'),
            'f' => out.push('\x0c'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'v' => out.push('\x0b'),
            '0'..='7' => {
                let more = rest.bytes().take(2).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
                let code = rest[..more]
                    .bytes()
                    .fold(u32::from(letter) - 48, |code, byte| code * 8 + u32::from(byte) - 48);
                out.extend(char::from_u32(code));
                rest = &rest[more..];
            }
            'x' => rest = coded(&mut out, rest, 2, "truncated \\xXX escape")?,
            'u' => rest = coded(&mut out, rest, 4, "truncated \\uXXXX escape")?,
            'U' => rest = coded(&mut out, rest, 8, "truncated \\UXXXXXXXX escape")?,
            'N' => return Err("unknown Unicode character name".to_owned()),
            _ if letter.is_ascii() => out.extend(['\\', letter]),
            // Python escapes what is not ASCII before it looks for escapes
            _ => out.push_str(&beyond_ascii(letter)),
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn beyond_ascii(letter: char) -> String {
    let code = u32::from(letter);
    match code {
        0..=0xff => format!("\\x{code:02x}"),
        0x100..=0xffff => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    }
}

fn coded<'a>(out: &mut String, rest: &'a str, length: usize, truncated: &str) -> Result<&'a str, String> {
    let digits = rest.get(..length).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let digits = digits.ok_or_else(|| truncated.to_owned())?;
    let code = u32::from_str_radix(digits, 16).map_err(|_| truncated.to_owned())?;
    // a half of a surrogate pair is a character in Python only
    let letter = match code {
        0xd800..=0xdfff => char::REPLACEMENT_CHARACTER,
        _ => char::from_u32(code).ok_or("illegal Unicode character")?,
    };
    out.push(letter);
    Ok(&rest[length..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_end_where_python_ends_them() {
        for (text, expected) in [
            ("1.5x", Some((1.5, 3))),
            ("1_0e-0_2", Some((0.1, 8))),
            ("1.e5", None),
            ("1e", None),
            ("12", None),
            ("01.50.", Some((1.5, 5))),
        ] {
            assert_eq!(float(text), expected, "{text}");
        }
        for (text, value, length) in [
            ("0x_fFg", 255, 5),
            ("0b12", 1, 3),
            ("0b2", 0, 1),
            ("007", 0, 2),
            ("1_000_", 1000, 5),
            ("0o17", 15, 4),
        ] {
            assert_eq!(integer(text), Some((Value::from(value), length)), "{text}");
        }
    }

    #[test]
    fn escapes_are_python_s() {
        for (text, expected) in
            [(r"\x41\u00e9\101\7\d\\d", "A\u{e9}A\u{7}\\d\\d"), ("a\\\nb", "ab"), ("\\é\\日", "\\xe9\\u65e5")]
        {
            assert_eq!(unescaped(text).as_deref(), Ok(expected), "{text}");
        }
        assert!(unescaped(r"\x4").is_err() && unescaped(r"\U00110000").is_err());
    }
}
