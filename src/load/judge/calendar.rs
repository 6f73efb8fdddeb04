//! Dates in the order year, month, day.

/// The last year of a date, and the last one of which every timestamp fits.
const LAST_YEAR: u32 = 5_874_897;
pub(super) const LAST_YEAR_OF_TIMESTAMPS: u32 = 294_275;
/// The server's days begin in the November before.
const FIRST_YEAR_BC: u32 = 4713;

/// `2026-01-31`, `0044-03-15 BC`, and the server's `infinity`.
pub(super) fn is_date(text: &[u8]) -> bool {
    let (text, is_bc) = era(text);
    is_infinite(text) && !is_bc || read(text, is_bc, LAST_YEAR).is_some_and(<[u8]>::is_empty)
}

pub(super) fn is_infinite(text: &[u8]) -> bool {
    text.eq_ignore_ascii_case(b"infinity") || text.eq_ignore_ascii_case(b"-infinity")
}

/// The text before ` BC` at the end, and whether it is there.
pub(super) fn era(text: &[u8]) -> (&[u8], bool) {
    match text {
        [before @ .., b' ', b'B' | b'b', b'C' | b'c'] => (before.trim_ascii_end(), true),
        _ => (text, false),
    }
}

/// What follows the date at the beginning.
pub(super) fn read(text: &[u8], is_bc: bool, last_year: u32) -> Option<&[u8]> {
    let (year, rest) = number(text, 4, 7)?;
    let (month, rest) = number(rest.strip_prefix(b"-")?, 1, 2)?;
    let (day, rest) = number(rest.strip_prefix(b"-")?, 1, 2)?;
    let last_year = if is_bc { FIRST_YEAR_BC } else { last_year };
    // the year before 1 is 1 BC
    let counted = year.checked_sub(u32::from(is_bc))?;
    let fits = (1..=last_year).contains(&year)
        && (1..=12).contains(&month)
        && day >= 1
        && day <= days(counted, month);
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
