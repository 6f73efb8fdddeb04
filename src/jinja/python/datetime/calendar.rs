//! Days by their number, as Python counts them.

use jiff::civil;
use minijinja::Error;
use minijinja::value::Value;

use crate::jinja::python::{tuple, value_error};

/// Day 1 of Python's ordinals.
pub(super) const FIRST: civil::Date = civil::date(1, 1, 1);

pub(super) fn date_from_parts(year: i64, month: i64, day: i64) -> Result<civil::Date, Error> {
    let year = i16::try_from(year).ok().filter(|year| (1..=9999).contains(year));
    let year = year.ok_or_else(|| value_error("year is out of range"))?;
    let month = i8::try_from(month).ok().filter(|month| (1..=12).contains(month));
    let month = month.ok_or_else(|| value_error("month must be in 1..12"))?;
    let day = i8::try_from(day).unwrap_or_default();
    civil::Date::new(year, month, day).map_err(|_| value_error("day is out of range for month"))
}

pub(super) fn ordinal(date: civil::Date) -> i64 {
    FIRST.until(date).map(|span| i64::from(span.get_days())).unwrap_or_default() + 1
}

pub(super) fn from_ordinal(ordinal: i64) -> Result<civil::Date, Error> {
    jiff::Span::new()
        .try_days(ordinal - 1)
        .and_then(|span| FIRST.checked_add(span))
        .map_err(|_| value_error("date value out of range"))
        .and_then(|date| if date.year() > 0 { Ok(date) } else { Err(value_error("date value out of range")) })
}

/// `isocalendar()`: year, week and weekday.
pub(super) fn iso_calendar(date: civil::Date) -> Value {
    let week = date.iso_week_date();
    tuple(vec![
        Value::from(week.year()),
        Value::from(week.week()),
        Value::from(week.weekday().to_monday_one_offset()),
    ])
}
