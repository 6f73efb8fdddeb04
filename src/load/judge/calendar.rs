//! Dates in the order year, month, day.

/// `2026-01-31`, and the server's `infinity`.
pub(super) fn is_date(text: &[u8]) -> bool {
    is_infinite(text) || read(text).is_some_and(<[u8]>::is_empty)
}

pub(super) fn is_infinite(text: &[u8]) -> bool {
    text.eq_ignore_ascii_case(b"infinity") || text.eq_ignore_ascii_case(b"-infinity")
}

/// What follows the date at the beginning.
pub(super) fn read(text: &[u8]) -> Option<&[u8]> {
    let (year, rest) = number(text, 4, 4)?;
    let (month, rest) = number(rest.strip_prefix(b"-")?, 1, 2)?;
    let (day, rest) = number(rest.strip_prefix(b"-")?, 1, 2)?;
    let fits = year > 0 && (1..=12).contains(&month) && day >= 1 && day <= days(year, month);
    fits.then_some(rest)
}

/// Between `least` and `most` digits.
pub(super) fn number(text: &[u8], least: usize, most: usize) -> Option<(u32, &[u8])> {
    let count = text.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
    if count < least {
        return None;
    }
    let (digits, rest) = text.split_at(count);
    Some((digits.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0')), rest))
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
