//! Times of day and timestamps.

use super::calendar::{is_infinite, number, read};

/// Whether it names a time zone; `None` if it is not a timestamp.
pub(super) fn timestamp(text: &[u8]) -> Option<bool> {
    if is_infinite(text) {
        return Some(false);
    }
    let rest = read(text)?;
    if rest.is_empty() {
        return Some(false);
    }
    let rest = match rest {
        [b'T' | b't', rest @ ..] => rest,
        [b' ', ..] => rest.trim_ascii_start(),
        _ => return None,
    };
    let rest = time(rest)?;
    match rest.trim_ascii_start() {
        [] => Some(false),
        [b'Z' | b'z'] => Some(true),
        zone if zone.eq_ignore_ascii_case(b"utc") => Some(true),
        zone => is_offset(zone).then_some(true),
    }
}

pub(super) fn is_time(text: &[u8]) -> bool {
    time(text).is_some_and(<[u8]>::is_empty)
}

/// What follows `12:34`, `12:34:56` or `12:34:56.789`.
fn time(text: &[u8]) -> Option<&[u8]> {
    let (hour, rest) = number(text, 1, 2)?;
    let (minute, mut rest) = number(rest.strip_prefix(b":")?, 2, 2)?;
    let (mut second, mut has_fraction) = (0, false);
    if let Some(after) = rest.strip_prefix(b":") {
        (second, rest) = number(after, 2, 2)?;
        if let Some(fraction) = rest.strip_prefix(b".") {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            has_fraction = fraction[..digits].iter().any(|digit| *digit != b'0');
            rest = &fraction[digits..];
        }
    }
    let is_midnight = hour == 24 && minute == 0 && second == 0 && !has_fraction;
    (is_midnight || hour < 24 && minute < 60 && second < 60).then_some(rest)
}

/// `+02`, `+02:00`, `-0530`.
fn is_offset(text: &[u8]) -> bool {
    let [b'+' | b'-', rest @ ..] = text else { return false };
    let Some((hours, rest)) = number(rest, 1, 2) else { return false };
    let minutes = match rest {
        [] => Some((0, &[][..])),
        [b':', rest @ ..] => number(rest, 2, 2),
        rest => number(rest, 2, 2),
    };
    hours < 16 && minutes.is_some_and(|(minutes, rest)| minutes < 60 && rest.is_empty())
}
