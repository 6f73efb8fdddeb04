//! ISO 8601 as Python writes and reads it.

use jiff::civil;
use jiff::tz::Offset;

use super::calendar::{date_from_parts, from_ordinal, ordinal};
use super::parts::time_from_parts;
use super::{Moment, Timezone};

/// The first `length` bytes as a number, and the rest.
fn digits(text: &str, length: usize) -> Option<(i64, &str)> {
    let (head, rest) = text.split_at_checked(length)?;
    if !head.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((head.parse().ok()?, rest))
}

/// A date and what follows it: `2024-01-31`, `20240131`, `2024-W05-3`.
fn take_date(text: &str) -> Option<(civil::Date, &str)> {
    let (year, rest) = digits(text, 4)?;
    let extended = rest.starts_with('-');
    let rest = rest.strip_prefix('-').unwrap_or(rest);
    if let Some(rest) = rest.strip_prefix('W') {
        let (week, rest) = digits(rest, 2)?;
        let day = rest.strip_prefix('-').and_then(|rest| digits(rest, 1)).or_else(|| digits(rest, 1));
        let (day, rest) = day.unwrap_or((1, rest));
        let fourth = ordinal(date_from_parts(year, 1, 4).ok()?);
        let monday = fourth - i64::from(from_ordinal(fourth).ok()?.weekday().to_monday_zero_offset());
        return Some((from_ordinal(monday + (week - 1) * 7 + day - 1).ok()?, rest));
    }
    let (month, rest) = digits(rest, 2)?;
    let rest = if extended { rest.strip_prefix('-')? } else { rest };
    let (day, rest) = digits(rest, 2)?;
    Some((date_from_parts(year, month, day).ok()?, rest))
}

fn take_time(text: &str) -> Option<(civil::Time, &str)> {
    let (hour, mut rest) = digits(text, 2)?;
    let mut parts = [hour, 0, 0, 0];
    let extended = rest.starts_with(':');
    for part in &mut parts[1..3] {
        let next = if extended { rest.strip_prefix(':') } else { Some(rest) };
        let Some((number, after)) = next.and_then(|next| digits(next, 2)) else { break };
        *part = number;
        rest = after;
    }
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, after) = fraction.split_at(length);
        parts[3] = format!("{digits:0<6}").get(..6)?.parse().ok()?;
        rest = after;
    }
    Some((time_from_parts(parts).ok()?, rest))
}

pub(super) fn parse_offset(text: &str) -> Option<Offset> {
    if text == "Z" {
        return Some(Offset::UTC);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let rest = text.strip_prefix(['+', '-'])?;
    let (hours, rest) = digits(rest, 2)?;
    let (minutes, rest) = match rest {
        "" => (0, ""),
        _ => digits(rest.strip_prefix(':').unwrap_or(rest), 2)?,
    };
    let (seconds, rest) = match rest {
        "" => (0, ""),
        _ => digits(rest.strip_prefix(':').unwrap_or(rest), 2)?,
    };
    let total = i32::try_from(sign * (hours * 3600 + minutes * 60 + seconds)).ok()?;
    if rest.is_empty() { Offset::from_seconds(total).ok() } else { None }
}

pub(super) fn parse_date(text: &str) -> Option<civil::Date> {
    take_date(text).filter(|(_, rest)| rest.is_empty()).map(|(date, _)| date)
}

pub(super) fn parse_time(text: &str) -> Option<civil::Time> {
    take_time(text.strip_prefix('T').unwrap_or(text))
        .filter(|(_, rest)| rest.is_empty())
        .map(|(time, _)| time)
}

pub(super) fn parse_moment(text: &str) -> Option<Moment> {
    let (date, rest) = take_date(text)?;
    let mut letters = rest.chars();
    // Python takes any character between the two.
    if letters.next().is_none() {
        return Some(Moment::naive(date.into()));
    }
    let (time, rest) = take_time(letters.as_str())?;
    let civil = date.to_datetime(time);
    if rest.is_empty() {
        return Some(Moment::naive(civil));
    }
    let offset = parse_offset(rest)?;
    let zone = Timezone::Fixed(offset).for_wall_clock(civil);
    Some(Moment::new(civil, Some(zone)))
}
