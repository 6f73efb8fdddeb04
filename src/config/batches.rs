//! The sizes of the batches of a microbatch model, and which of them a run builds again.

use std::collections::BTreeSet;

use jiff::civil::{DateTime, date};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde_json::Value;

/// The length of a batch: an hour, a day, a month or a year, or several of them, which are counted from `begin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BatchSize {
    unit: Unit,
    count: i64,
    /// Where the batches of several units are counted from.
    begin: DateTime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Hour,
    Day,
    Month,
    Year,
}

/// More would be no batches; and a number of units must not overflow.
const MOST_UNITS: i64 = 10_000;

impl BatchSize {
    /// `hour`, `day`, `month` or `year`, and `5 hours`, `2 weeks` and the like.
    pub(crate) fn parse(text: &str, begin: Option<DateTime>) -> Option<Self> {
        let (count, name) = match text.split_once(' ') {
            None => (1, text),
            Some((count, name)) => (count.parse().ok()?, name.strip_suffix('s').unwrap_or(name)),
        };
        let (unit, each) = match name {
            "hour" => (Unit::Hour, 1),
            "day" => (Unit::Day, 1),
            "week" if text != name => (Unit::Day, 7),
            "month" => (Unit::Month, 1),
            "year" => (Unit::Year, 1),
            _ => return None,
        };
        let begin = unit.floor(begin.unwrap_or(DateTime::ZERO));
        (1..=MOST_UNITS).contains(&count).then_some(Self { unit, count: count * each, begin })
    }

    pub(crate) fn floor(self, at: DateTime) -> DateTime {
        let floor = self.unit.floor(at);
        if self.count == 1 {
            return floor;
        }
        let units = self.unit.between(self.begin, floor).div_euclid(self.count) * self.count;
        self.unit.after(self.begin, units).unwrap_or(floor)
    }

    pub(crate) fn ceiling(self, at: DateTime) -> DateTime {
        let floor = self.floor(at);
        if floor == at { at } else { self.offset(floor, 1) }
    }

    /// Whole batches on or back from the start of the batch that holds `at`.
    pub(crate) fn offset(self, at: DateTime, batches: i64) -> DateTime {
        let floor = self.floor(at);
        self.unit.after(floor, batches.saturating_mul(self.count)).unwrap_or(floor)
    }

    /// `2024-09-17T16`, `2024-09-17`, `2024-09` or `2024`: in file names and lines.
    pub(crate) fn label(self, start: DateTime) -> String {
        let form = match self.unit {
            Unit::Hour => "%Y-%m-%dT%H",
            Unit::Day => "%Y-%m-%d",
            Unit::Month => "%Y-%m",
            Unit::Year => "%Y",
        };
        start.strftime(form).to_string()
    }
}

impl Unit {
    fn floor(self, at: DateTime) -> DateTime {
        let day = at.date();
        match self {
            Self::Hour => day.at(at.hour(), 0, 0, 0),
            Self::Day => day.at(0, 0, 0, 0),
            Self::Month => date(day.year(), day.month(), 1).at(0, 0, 0, 0),
            Self::Year => date(day.year(), 1, 1).at(0, 0, 0, 0),
        }
    }

    fn after(self, at: DateTime, units: i64) -> Option<DateTime> {
        let span = match self {
            Self::Hour => Span::new().try_hours(units),
            Self::Day => Span::new().try_days(units),
            Self::Month => Span::new().try_months(units),
            Self::Year => Span::new().try_years(units),
        };
        at.checked_add(span.ok()?).ok()
    }

    /// From one beginning of a unit to another.
    fn between(self, from: DateTime, to: DateTime) -> i64 {
        match self {
            Self::Hour => to.duration_since(from).as_hours(),
            Self::Day => to.duration_since(from).as_hours() / 24,
            Self::Month => {
                i64::from(to.year() - from.year()) * 12 + i64::from(to.month()) - i64::from(from.month())
            }
            Self::Year => i64::from(to.year() - from.year()),
        }
    }
}

/// Which batches before the current one a run builds again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lookback {
    /// So many, and the current one.
    All(i64),
    /// Those that are so far back; 0 is the current one.
    Each(Vec<i64>),
}

impl Lookback {
    /// A number, or a list of numbers from 0 on.
    pub(crate) fn read(value: &Value) -> Option<Self> {
        if let Some(number) = value.as_i64() {
            return Some(Self::All(number));
        }
        let each: Option<BTreeSet<i64>> =
            value.as_array()?.iter().map(|item| item.as_i64().filter(|item| *item >= 0)).collect();
        each.filter(|each| !each.is_empty()).map(|each| Self::Each(each.into_iter().rev().collect()))
    }
}

/// Reads `2024-01-01`, `2024-01-01 10:00:00` and RFC 3339 forms, as a timestamp in UTC.
pub(crate) fn instant(text: &str) -> Option<DateTime> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.to_zoned(TimeZone::UTC).datetime());
    }
    text.parse::<DateTime>()
        .ok()
        .or_else(|| text.parse::<jiff::civil::Date>().ok().map(|day| day.at(0, 0, 0, 0)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_no_size_and_no_lookback() {
        for wrong in ["week", "0 days", "5", "5 fortnights", "5 hours ago", "-1 days"] {
            assert_eq!(BatchSize::parse(wrong, None), None, "{wrong}");
        }
        for wrong in [json!([]), json!([-1]), json!(["a"]), json!("1")] {
            assert_eq!(Lookback::read(&wrong), None, "{wrong}");
        }
    }
}
