//! `strftime` as the C library does it in the C locale, which is what Python prints.

use std::fmt::Write as _;

use jiff::civil;

use super::Zone;
use super::parts::microsecond;
use super::zone::offset_text;

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// From Monday on.
pub(super) const WEEKDAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// What is to be printed.
pub(super) struct Clock<'a> {
    pub(super) civil: civil::DateTime,
    pub(super) zone: Option<&'a Zone>,
}

pub(super) fn strftime(format: &str, clock: &Clock<'_>) -> String {
    let mut out = String::with_capacity(format.len() + 8);
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            out.push(letter);
            continue;
        }
        let mut flag = None;
        let mut directive = letters.next();
        if let Some(found @ ('-' | '_' | '0' | '^' | '#')) = directive {
            flag = Some(found);
            directive = letters.next();
        }
        let Some(directive) = directive else {
            out.push('%');
            break;
        };
        write_directive(&mut out, directive, flag, clock);
    }
    out
}

fn write_directive(out: &mut String, directive: char, flag: Option<char>, clock: &Clock<'_>) {
    let civil = clock.civil;
    let twelve = (civil.hour() + 11) % 12 + 1;
    let mut number = |value: i64, width: usize, fill: char| {
        let fill = match flag {
            Some('-') => return drop_ok(write!(out, "{value}")),
            Some('_') => ' ',
            Some('0') => '0',
            _ => fill,
        };
        drop_ok(if fill == '0' { write!(out, "{value:0width$}") } else { write!(out, "{value:width$}") });
    };
    match directive {
        'Y' => number(i64::from(civil.year()), 4, '0'),
        'C' => number(i64::from(civil.year()) / 100, 2, '0'),
        'y' => number(i64::from(civil.year()) % 100, 2, '0'),
        'm' => number(i64::from(civil.month()), 2, '0'),
        'd' => number(i64::from(civil.day()), 2, '0'),
        'e' => number(i64::from(civil.day()), 2, ' '),
        'H' => number(i64::from(civil.hour()), 2, '0'),
        'k' => number(i64::from(civil.hour()), 2, ' '),
        'I' => number(i64::from(twelve), 2, '0'),
        'l' => number(i64::from(twelve), 2, ' '),
        'M' => number(i64::from(civil.minute()), 2, '0'),
        'S' => number(i64::from(civil.second()), 2, '0'),
        'f' => number(microsecond(civil.time()), 6, '0'),
        'j' => number(i64::from(civil.day_of_year()), 3, '0'),
        'G' => number(i64::from(civil.date().iso_week_date().year()), 4, '0'),
        'V' => number(i64::from(civil.date().iso_week_date().week()), 2, '0'),
        'u' => number(i64::from(civil.weekday().to_monday_one_offset()), 1, '0'),
        'w' => number(i64::from(civil.weekday().to_sunday_zero_offset()), 1, '0'),
        'U' => number(week(civil, civil.weekday().to_sunday_zero_offset()), 2, '0'),
        'W' => number(week(civil, civil.weekday().to_monday_zero_offset()), 2, '0'),
        's' => {
            let system = jiff::tz::TimeZone::system();
            number(system.to_timestamp(civil).map(jiff::Timestamp::as_second).unwrap_or_default(), 1, '0');
        }
        _ => write_text(out, directive, flag, clock),
    }
}

fn drop_ok(result: std::fmt::Result) {
    let _ = result;
}

fn write_text(out: &mut String, directive: char, flag: Option<char>, clock: &Clock<'_>) {
    let civil = clock.civil;
    let month = MONTHS.get(usize::from(civil.month().unsigned_abs()) - 1).copied().unwrap_or_default();
    let weekday = usize::from(civil.weekday().to_monday_zero_offset().unsigned_abs());
    let weekday = WEEKDAYS.get(weekday).copied().unwrap_or_default();
    let composed = match directive {
        'c' => "%a %b %e %H:%M:%S %Y",
        'x' | 'D' => "%m/%d/%y",
        'X' | 'T' => "%H:%M:%S",
        'F' => "%Y-%m-%d",
        'R' => "%H:%M",
        'r' => "%I:%M:%S %p",
        _ => "",
    };
    if !composed.is_empty() {
        return out.push_str(&strftime(composed, clock));
    }
    let text = match directive {
        'A' => weekday.to_owned(),
        'a' => weekday[..3].to_owned(),
        'B' => month.to_owned(),
        'b' | 'h' => month[..3].to_owned(),
        'p' => if civil.hour() < 12 { "AM" } else { "PM" }.to_owned(),
        'P' => if civil.hour() < 12 { "am" } else { "pm" }.to_owned(),
        'z' => clock.zone.map(|zone| offset_text(zone.offset, "")).unwrap_or_default(),
        'Z' => clock.zone.map(|zone| zone.abbreviation.clone()).unwrap_or_default(),
        'n' => "\n".to_owned(),
        't' => "\t".to_owned(),
        '%' => "%".to_owned(),
        other => format!("%{}{other}", flag.map(String::from).unwrap_or_default()),
    };
    out.push_str(&if flag == Some('^') { text.to_uppercase() } else { text });
}

/// The week of the year when weeks start on the day whose offset within the week is given.
fn week(civil: civil::DateTime, days_into_week: i8) -> i64 {
    (i64::from(civil.day_of_year()) + 6 - i64::from(days_into_week)) / 7
}
