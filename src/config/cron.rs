//! Five cron fields and the times that they match, in UTC or in a zone.

use std::fmt;

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Span, Timestamp};

/// A schedule such as `0 15 * * *`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cron {
    text: String,
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Both days of the month and of the week are restricted: either is enough.
    either_day: bool,
    zone: TimeZone,
}

/// A field: its name, its bounds, and names for its numbers.
struct Field {
    name: &'static str,
    first: u32,
    last: u32,
    names: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { name: "minute", first: 0, last: 59, names: &[] },
    Field { name: "hour", first: 0, last: 23, names: &[] },
    Field { name: "day of the month", first: 1, last: 31, names: &[] },
    Field {
        name: "month",
        first: 1,
        last: 12,
        names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    Field {
        name: "day of the week",
        first: 0,
        last: 7,
        names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    },
];

/// Leap days come every eight years at the rarest: no later time exists.
const YEARS_AHEAD: i64 = 9;

impl Cron {
    /// Reads five fields, or one of `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`; an error says what is wrong.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let expanded = match text.trim() {
            "@hourly" => "0 * * * *",
            "@daily" | "@midnight" => "0 0 * * *",
            "@weekly" => "0 0 * * 0",
            "@monthly" => "0 0 1 * *",
            "@yearly" | "@annually" => "0 0 1 1 *",
            other => other,
        };
        let words: Vec<&str> = expanded.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = words[..] else {
            return Err(format!("a cron expression has five fields, and `{text}` has {}", words.len()));
        };
        let read = |at: usize, word: &str| FIELDS[at].read(word);
        let mut weekdays = read(4, weekday)?;
        if weekdays & (1 << 7) != 0 {
            weekdays |= 1;
        }
        let cron = Self {
            text: text.trim().to_owned(),
            minutes: read(0, minute)?,
            hours: read(1, hour)?,
            days: read(2, day)?,
            months: read(3, month)?,
            weekdays,
            zone: TimeZone::UTC,
            either_day: !day.starts_with('*') && !weekday.starts_with('*'),
        };
        if cron.next_after(Timestamp::UNIX_EPOCH).is_none() {
            return Err(format!("`{text}` names no day that exists"));
        }
        Ok(cron)
    }

    /// The same by the clocks of a zone.
    pub(crate) fn in_zone(self, zone: TimeZone) -> Self {
        Self { zone, ..self }
    }

    pub(crate) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// None: UTC.
    pub(crate) fn zone_name(&self) -> Option<&str> {
        self.zone.iana_name().filter(|name| *name != "UTC")
    }

    /// The first time after `at`.
    pub(crate) fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        let mut from = at.to_zoned(self.zone.clone()).datetime().checked_add(Span::new().minutes(1)).ok()?;
        loop {
            let local = self.next_local(from)?;
            let moment = self.moment(local)?;
            // a time that comes twice means the first one
            if moment > at {
                return Some(moment);
            }
            from = local.checked_add(Span::new().minutes(1)).ok()?;
        }
    }

    /// A local time that clocks leave out means the one that they go on with.
    fn moment(&self, local: DateTime) -> Option<Timestamp> {
        match self.zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Gap { after, .. } => {
                let before_the_gap = after.to_timestamp(local).ok()?;
                Some(self.zone.following(before_the_gap).next()?.timestamp())
            }
            AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
                offset.to_timestamp(local).ok()
            }
        }
    }

    /// The first time of the fields in the minute of `from` or later.
    fn next_local(&self, from: DateTime) -> Option<DateTime> {
        let last = from.date().checked_add(Span::new().years(YEARS_AHEAD)).ok()?;
        let mut date = from.date();
        let mut earliest = (u32::try_from(from.hour()).ok()?, u32::try_from(from.minute()).ok()?);
        while date <= last {
            if self.runs_on(date)
                && let Some((hour, minute)) = self.time_from(earliest)
            {
                let time = jiff::civil::Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0);
                return Some(DateTime::from_parts(date, time.ok()?));
            }
            date = date.tomorrow().ok()?;
            earliest = (0, 0);
        }
        None
    }

    /// The first time at `at` or after it.
    pub(crate) fn next_from(&self, at: Timestamp) -> Option<Timestamp> {
        self.next_after(at.checked_sub(Span::new().nanoseconds(1)).ok()?)
    }

    fn runs_on(&self, date: Date) -> bool {
        let has = |set: u64, number: i8| u32::try_from(number).is_ok_and(|number| set & (1 << number) != 0);
        if !has(self.months, date.month()) {
            return false;
        }
        let day = has(self.days, date.day());
        let weekday = has(self.weekdays, date.weekday().to_sunday_zero_offset());
        if self.either_day { day || weekday } else { day && weekday }
    }

    /// The first time of a day that is not before the given one.
    fn time_from(&self, (hour, minute): (u32, u32)) -> Option<(u32, u32)> {
        for candidate in hour..24 {
            if self.hours & (1 << candidate) == 0 {
                continue;
            }
            let first = if candidate == hour { minute } else { 0 };
            if let Some(minute) = (first..60).find(|minute| self.minutes & (1 << minute) != 0) {
                return Some((candidate, minute));
            }
        }
        None
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Field {
    /// A list of numbers, ranges and steps as a set of bits.
    fn read(&self, word: &str) -> Result<u64, String> {
        let mut set = 0;
        for part in word.split(',') {
            let (range, step) = match part.split_once('/') {
                Some((range, step)) => (range, Some(step)),
                None => (part, None),
            };
            let (first, last) = match range.split_once('-') {
                _ if range == "*" => (self.first, self.last),
                Some((first, last)) => (self.number(first)?, self.number(last)?),
                None if step.is_some() => (self.number(range)?, self.last),
                None => (self.number(range)?, self.number(range)?),
            };
            let step: u32 = match step {
                None => 1,
                Some(step) => step
                    .parse()
                    .ok()
                    .filter(|step| *step > 0)
                    .ok_or_else(|| format!("`{step}` is not a valid step of the {}", self.name))?,
            };
            if first > last {
                return Err(format!("the range `{range}` of the {} ends before it begins", self.name));
            }
            let width = usize::try_from(step).unwrap_or(usize::MAX);
            set |= (first..=last).step_by(width).fold(0, |set, number| set | (1 << number));
        }
        Ok(set)
    }

    fn number(&self, word: &str) -> Result<u32, String> {
        let named = self.names.iter().position(|name| word.eq_ignore_ascii_case(name));
        let number = match named {
            Some(at) => u32::try_from(at).ok().map(|at| at + self.first),
            None => word.parse().ok(),
        };
        number
            .filter(|number| (self.first..=self.last).contains(number))
            .ok_or_else(|| format!("`{word}` is not a valid {} ({}-{})", self.name, self.first, self.last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(cron: &str, from: &str, count: usize) -> Vec<String> {
        let cron = Cron::parse(cron).unwrap();
        let mut at: Timestamp = from.parse().unwrap();
        (0..count)
            .map(|_| {
                at = cron.next_after(at).unwrap();
                at.to_string()
            })
            .collect()
    }

    #[test]
    fn moments_follow_the_fields() {
        assert_eq!(
            moments("0 15 * * *", "2022-09-01T15:00:00Z", 2),
            ["2022-09-02T15:00:00Z", "2022-09-03T15:00:00Z"]
        );
        assert_eq!(
            moments("*/20 9-10 * * mon-fri", "2024-01-05T10:30:00Z", 3),
            ["2024-01-05T10:40:00Z", "2024-01-08T09:00:00Z", "2024-01-08T09:20:00Z"]
        );
        assert_eq!(
            moments("0 0 29 2 *", "2021-01-01T00:00:00Z", 2),
            ["2024-02-29T00:00:00Z", "2028-02-29T00:00:00Z"]
        );
        // either day, as cron has it, when both are restricted
        assert_eq!(
            moments("0 0 13 * 5", "2024-09-06T00:00:00Z", 2),
            ["2024-09-13T00:00:00Z", "2024-09-20T00:00:00Z"]
        );
        assert_eq!(moments("30 5 * * 7", "2024-09-06T00:00:00Z", 1), ["2024-09-08T05:30:00Z"]);
    }

    #[test]
    fn clocks_that_change_skip_nothing_and_repeat_nothing() {
        let in_zone = |cron: &str, zone: &str, from: &str, count: usize| -> Vec<String> {
            let cron = Cron::parse(cron).unwrap().in_zone(TimeZone::get(zone).unwrap());
            let from: Timestamp = from.parse().unwrap();
            let times = std::iter::successors(cron.next_after(from), |at| cron.next_after(*at));
            times.take(count).map(|at| at.to_string()).collect()
        };
        // 02:30 does not exist on 2024-03-31 in Berlin: clocks go on with 03:00
        assert_eq!(
            in_zone("30 2 * * *", "Europe/Berlin", "2024-03-29T12:00:00Z", 4),
            ["2024-03-30T01:30:00Z", "2024-03-31T01:00:00Z", "2024-04-01T00:30:00Z", "2024-04-02T00:30:00Z"]
        );
        assert_eq!(
            in_zone("0 * * * *", "Europe/Berlin", "2024-03-30T23:30:00Z", 3),
            ["2024-03-31T00:00:00Z", "2024-03-31T01:00:00Z", "2024-03-31T02:00:00Z"]
        );
        // 02:30 comes twice on 2024-10-27
        assert_eq!(
            in_zone("30 2 * * *", "Europe/Berlin", "2024-10-26T12:00:00Z", 2),
            ["2024-10-27T00:30:00Z", "2024-10-28T01:30:00Z"]
        );
        // also after the second one
        assert_eq!(
            in_zone("30 2 * * *", "Europe/Berlin", "2024-10-27T01:10:00Z", 1),
            ["2024-10-28T01:30:00Z"]
        );
        // half an hour, to the south; and a day that did not exist
        assert_eq!(
            in_zone("15 2 * * *", "Australia/Lord_Howe", "2024-10-04T16:00:00Z", 2),
            ["2024-10-05T15:30:00Z", "2024-10-06T15:15:00Z"]
        );
        assert_eq!(
            in_zone("0 12 * * *", "Pacific/Apia", "2011-12-29T20:00:00Z", 2),
            ["2011-12-29T22:00:00Z", "2011-12-30T10:00:00Z"]
        );
    }

    /// In every zone that there is: each local day has its time once, in its order.
    #[test]
    fn every_zone_has_each_day_once() {
        let (from, to): (Timestamp, Timestamp) =
            ("2023-12-31T00:00:00Z".parse().unwrap(), "2025-01-02T00:00:00Z".parse().unwrap());
        for name in jiff::tz::db().available() {
            let zone = TimeZone::get(name.as_str()).unwrap();
            let cron = Cron::parse("30 2 * * *").unwrap().in_zone(zone.clone());
            let times = std::iter::successors(cron.next_after(from), |at| cron.next_after(*at));
            let days: Vec<Date> =
                times.take_while(|at| *at < to).map(|at| at.to_zoned(zone.clone()).date()).collect();
            for pair in days.windows(2) {
                assert_eq!(pair[0].tomorrow().unwrap(), pair[1], "{name}");
            }
            assert!(days.len() >= 366, "{name}");
            // what is a time of the cron is found from itself
            let next = cron.next_after(from).unwrap();
            assert_eq!(cron.next_from(next), Some(next), "{name}");
        }
    }

    #[test]
    fn a_wrong_field_is_named() {
        let error = |text: &str| Cron::parse(text).unwrap_err();
        assert_eq!(error("0 15 * *"), "a cron expression has five fields, and `0 15 * *` has 4");
        assert_eq!(error("0 24 * * *"), "`24` is not a valid hour (0-23)");
        assert_eq!(error("0 0 30 2 *"), "`0 0 30 2 *` names no day that exists");
        assert_eq!(error("5-1 * * * *"), "the range `5-1` of the minute ends before it begins");
        assert_eq!(error("*/0 * * * *"), "`0` is not a valid step of the minute");
        assert_eq!(error("a.b * * * *"), "`a.b` is not a valid minute (0-59)");
    }
}
