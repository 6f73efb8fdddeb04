//! Times of day and timestamps.

use super::calendar::{LAST_YEAR_OF_TIMESTAMPS, era, is_infinite, number, read};

/// Whether it names a time zone; `None` if it is not a timestamp.
pub(super) fn timestamp(text: &[u8]) -> Option<bool> {
    if is_infinite(text) {
        return Some(false);
    }
    let (text, is_bc) = era(text);
    let rest = read(text, is_bc, LAST_YEAR_OF_TIMESTAMPS)?;
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

/// What follows `12:34`, `12:34:56` or `12:34:56.789`. A leap second and 24:00 are what begins after them.
fn time(text: &[u8]) -> Option<&[u8]> {
    let (hour, rest) = number(text, 1, 2)?;
    let (minute, mut rest) = number(rest.strip_prefix(b":")?, 1, 2)?;
    let (mut second, mut has_fraction) = (0, false);
    if let Some(after) = rest.strip_prefix(b":") {
        (second, rest) = number(after, 1, 2)?;
        if let Some(fraction) = rest.strip_prefix(b".") {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            has_fraction = fraction[..digits].iter().any(|digit| *digit != b'0');
            rest = &fraction[digits..];
        }
    }
    let is_midnight = match (hour, minute, second) {
        (24, 0, 0) | (23, 59, 60) => !has_fraction,
        _ => false,
    };
    (is_midnight || hour < 24 && minute < 60 && (second < 60 || second == 60 && (hour, minute) != (23, 59)))
        .then_some(rest)
}

/// `+02`, `+02:00`, `-0530`, and `+00:53:28` as the server writes times before there were zones.
fn is_offset(text: &[u8]) -> bool {
    let [b'+' | b'-', rest @ ..] = text else { return false };
    let Some((hours, rest)) = number(rest, 1, 2) else { return false };
    let fits = |rest| number(rest, 2, 2).filter(|(value, _)| *value < 60).map(|(_, rest)| rest);
    let rest = match rest {
        [] => Some(rest),
        [b':', rest @ ..] => fits(rest).and_then(|rest| match rest {
            [b':', rest @ ..] => fits(rest),
            rest => Some(rest),
        }),
        rest => fits(rest),
    };
    hours < 16 && rest.is_some_and(<[u8]>::is_empty)
}
