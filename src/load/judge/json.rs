//! JSON, with what `jsonb` refuses.

use serde::de::IgnoredAny;

use super::decimal;

/// Fewer digits than this are in range.
const SURELY_FITS: usize = 16_000;

/// An error says why. `is_binary`: escapes become characters, numbers become numeric.
pub(super) fn check(text: &str, is_binary: bool) -> Result<(), String> {
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        return Err(error.to_string());
    }
    if !is_binary {
        return Ok(());
    }
    if memchr::memchr(b'\\', text.as_bytes()).is_some() {
        escapes(text.as_bytes())?;
    }
    if text.len() > SURELY_FITS || has_exponent(text.as_bytes()) { numbers(text.as_bytes()) } else { Ok(()) }
}

/// `\u0000` and halves of pairs are no characters of a text.
fn escapes(text: &[u8]) -> Result<(), String> {
    let mut at = 0;
    let mut high = false;
    while let Some(found) = memchr::memchr(b'\\', &text[at..]) {
        let place = at + found;
        if high && found > 0 {
            return Err("half of a surrogate pair".to_owned());
        }
        if text.get(place + 1) != Some(&b'u') {
            if high {
                return Err("half of a surrogate pair".to_owned());
            }
            at = place + 2;
            continue;
        }
        let code = text.get(place + 2..place + 6).and_then(|code| std::str::from_utf8(code).ok());
        let code = code.and_then(|code| u32::from_str_radix(code, 16).ok()).unwrap_or(0);
        high = match (code, high) {
            (0, _) => return Err("\\u0000 cannot be part of a text".to_owned()),
            (0xd800..=0xdbff, false) => true,
            (0xdc00..=0xdfff, true) => false,
            (0xd800..=0xdfff, _) | (_, true) => return Err("half of a surrogate pair".to_owned()),
            _ => false,
        };
        at = place + 6;
    }
    if high { Err("half of a surrogate pair".to_owned()) } else { Ok(()) }
}

fn has_exponent(text: &[u8]) -> bool {
    memchr::memchr2_iter(b'e', b'E', text).any(|at| at > 0 && text[at - 1].is_ascii_digit())
}

/// Numbers beyond what numeric holds.
fn numbers(text: &[u8]) -> Result<(), String> {
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'"' => {
                at += 1;
                while text.get(at).is_some_and(|byte| *byte != b'"') {
                    at += if text[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
            }
            b'-' | b'0'..=b'9' => {
                let is_part = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
                let count = text[at..].iter().take_while(is_part).count();
                if decimal::numeric(&text[at..at + count], None) != Some(true) {
                    return Err("a number is out of range".to_owned());
                }
                at += count;
            }
            _ => at += 1,
        }
    }
    Ok(())
}
