//! ISO 8601 as Python writes it.

use std::fmt::Write as _;

use jiff::civil;

use super::parts::microsecond;

pub(super) fn date_text(date: civil::Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
}

/// `timespec` as in `isoformat`; `auto` shows microseconds where there are some.
pub(super) fn time_text(time: civil::Time, timespec: &str) -> String {
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    let microsecond = microsecond(time);
    match timespec {
        "hours" => format!("{hour:02}"),
        "minutes" => format!("{hour:02}:{minute:02}"),
        "milliseconds" => format!("{hour:02}:{minute:02}:{second:02}.{:03}", microsecond / 1000),
        "microseconds" => format!("{hour:02}:{minute:02}:{second:02}.{microsecond:06}"),
        "auto" if microsecond != 0 => format!("{hour:02}:{minute:02}:{second:02}.{microsecond:06}"),
        _ => format!("{hour:02}:{minute:02}:{second:02}"),
    }
}

/// The parts that `repr` shows: seconds and microseconds only where needed.
pub(super) fn shown_parts(time: civil::Time) -> String {
    let mut text = format!("{}, {}", time.hour(), time.minute());
    let microsecond = microsecond(time);
    if time.second() != 0 || microsecond != 0 {
        let _ = write!(text, ", {}", time.second());
    }
    if microsecond != 0 {
        let _ = write!(text, ", {microsecond}");
    }
    text
}
