//! Python's `datetime`, naive or with a pytz-like zone.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use jiff::{Timestamp, civil};
use minijinja::value::{DynObject, Object, ObjectRepr, Value};
use minijinja::{Error, State};

use super::calendar::{date_from_parts, from_ordinal, ordinal};
use super::date::date_method;
use super::parts::{time_from_parts, time_parts};
use super::strftime::{self, Clock};
use super::time::time_attribute;
use super::zone::offset_text;
use super::{Date, Delta, Time, Timezone, Zone, delta, iso_text};
use crate::jinja::python::{
    bind, bind_required, expect_int, expect_str, no_arguments, type_error, unknown_method,
};

const PARTS: [&str; 9] =
    ["year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo", "fold"];

/// 1970 in microseconds since the start of the calendar, as the wall clock counts.
const EPOCH: i128 = 719_163 * delta::DAY;

/// The instant of jiff at so many microseconds, or its first or last.
fn nearest_instant(microseconds: i128) -> Timestamp {
    let end = if microseconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    i64::try_from(microseconds).ok().and_then(|at| Timestamp::from_microsecond(at).ok()).unwrap_or(end)
}

/// A date and time of day, to the microsecond.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Moment {
    civil: civil::DateTime,
    zone: Option<Zone>,
}

impl Moment {
    pub(super) fn new(civil: civil::DateTime, zone: Option<Zone>) -> Self {
        let time = time_from_parts(time_parts(civil.time())).unwrap_or_else(|_| civil.time());
        Self { civil: civil.date().to_datetime(time), zone }
    }

    pub(super) fn naive(civil: civil::DateTime) -> Self {
        Self::new(civil, None)
    }

    pub(super) fn at(instant: Timestamp, timezone: &Timezone) -> Self {
        let (civil, zone) = timezone.at(instant);
        Self::new(civil, Some(zone))
    }

    pub(super) fn civil(&self) -> civil::DateTime {
        self.civil
    }

    pub(super) fn zone(&self) -> Option<&Zone> {
        self.zone.as_ref()
    }

    pub(super) fn from_call(args: &[Value]) -> Result<Self, Error> {
        let parts = bind("datetime", args, PARTS)?;
        if let Some(at) = parts.iter().take(3).position(Option::is_none) {
            return Err(type_error(format!("`datetime` is missing its required argument '{}'", PARTS[at])));
        }
        let start = Self::naive(civil::DateTime::constant(1, 1, 1, 0, 0, 0, 0));
        start.with_parts(&parts)
    }

    fn with_parts(&self, parts: &[Option<Value>; 9]) -> Result<Self, Error> {
        let [hour, minute, second, microsecond] = time_parts(self.civil.time());
        let (year, month, day) = (self.civil.year(), self.civil.month(), self.civil.day());
        let mut numbers =
            [i64::from(year), i64::from(month), i64::from(day), hour, minute, second, microsecond];
        for (number, part) in numbers.iter_mut().zip(parts) {
            if let Some(part) = part {
                *number = expect_int("datetime", part)?;
            }
        }
        let [year, month, day, hour, minute, second, microsecond] = numbers;
        let time = time_from_parts([hour, minute, second, microsecond])?;
        let civil = date_from_parts(year, month, day)?.to_datetime(time);
        let zone = match &parts[7] {
            Some(tzinfo) if tzinfo.is_none() => None,
            Some(tzinfo) => Some(Timezone::from_value(tzinfo)?.for_wall_clock(civil)),
            None => self.zone.clone(),
        };
        Ok(Self { civil, zone })
    }

    /// Microseconds since the start of year 1, on the wall clock.
    fn wall_clock(&self) -> i128 {
        let [hour, minute, second, microsecond] = time_parts(self.civil.time()).map(i128::from);
        i128::from(ordinal(self.civil.date())) * delta::DAY
            + (hour * 3600 + minute * 60 + second) * delta::SECOND
            + microsecond
    }

    /// The same in UTC; a naive time stays as it is.
    fn instant(&self) -> i128 {
        let offset = self.zone.as_ref().map_or(0, |zone| zone.offset.seconds());
        self.wall_clock() - i128::from(offset) * delta::SECOND
    }

    fn from_wall_clock(microseconds: i128, zone: Option<Zone>) -> Result<Self, Error> {
        let days = i64::try_from(microseconds.div_euclid(delta::DAY)).unwrap_or(i64::MAX / 2);
        let within = i64::try_from(microseconds.rem_euclid(delta::DAY)).unwrap_or_default();
        let (seconds, microsecond) = (within / 1_000_000, within % 1_000_000);
        let time = time_from_parts([seconds / 3600, seconds / 60 % 60, seconds % 60, microsecond])?;
        Ok(Self { civil: from_ordinal(days)?.to_datetime(time), zone })
    }

    pub(super) fn plus(&self, delta: &Delta) -> Result<Self, Error> {
        Self::from_wall_clock(self.wall_clock() + delta.microseconds(), self.zone.clone())
    }

    pub(super) fn since(&self, other: &Self) -> Result<Delta, Error> {
        if self.zone.is_some() != other.zone.is_some() {
            return Err(type_error("can't subtract offset-naive and offset-aware datetimes"));
        }
        Ok(Delta::new(self.instant() - other.instant()))
    }

    /// `astimezone`: a naive time is taken as local time.
    pub(super) fn in_timezone(&self, timezone: &Timezone) -> Result<Self, Error> {
        let since_epoch = self.since_epoch();
        let zone = timezone.at(nearest_instant(since_epoch)).1;
        let offset = i128::from(zone.offset.seconds()) * delta::SECOND;
        Self::from_wall_clock(EPOCH + since_epoch + offset, Some(zone))
    }

    /// Microseconds since 1970 in UTC. Years 1 to 9999 are all valid, which is more than an instant of jiff holds.
    fn since_epoch(&self) -> i128 {
        let instant = match &self.zone {
            Some(_) => self.instant(),
            None => {
                let zone = Timezone::Named(jiff::tz::TimeZone::system()).for_wall_clock(self.civil);
                self.wall_clock() - i128::from(zone.offset.seconds()) * delta::SECOND
            }
        };
        instant - EPOCH
    }

    pub(super) fn strftime(&self, format: &str) -> String {
        strftime::strftime(format, &Clock { civil: self.civil, zone: self.zone.as_ref() })
    }

    fn iso(&self, separator: &str, timespec: &str) -> String {
        let mut text = iso_text::date_text(self.civil.date());
        text.push_str(separator);
        text.push_str(&iso_text::time_text(self.civil.time(), timespec));
        if let Some(zone) = &self.zone {
            text.push_str(&offset_text(zone.offset, ":"));
        }
        text
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iso(" ", "auto"))
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = (self.civil.year(), self.civil.month(), self.civil.day());
        let time = iso_text::shown_parts(self.civil.time());
        write!(f, "datetime.datetime({year}, {month}, {day}, {time}")?;
        if let Some(zone) = &self.zone {
            write!(f, ", tzinfo={:?}", zone.timezone)?;
        }
        f.write_str(")")
    }
}

impl Object for Moment {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "year" => Value::from(self.civil.year()),
            "month" => Value::from(self.civil.month()),
            "day" => Value::from(self.civil.day()),
            "tzinfo" => match &self.zone {
                Some(zone) => Value::from_object(zone.timezone.clone()),
                None => Value::from(()),
            },
            name => return time_attribute(self.civil.time(), name),
        })
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        let other = other.downcast_ref::<Self>()?;
        let aware = self.zone.is_some().cmp(&other.zone.is_some());
        Some(aware.then_with(|| self.instant().cmp(&other.instant())))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "strftime" | "__format__" => {
                let [format] = bind_required(method, args, ["format"], 1)?;
                Ok(Value::from(self.strftime(expect_str(method, &format)?)))
            }
            "isoformat" => {
                let [separator, timespec] = bind(method, args, ["sep", "timespec"])?;
                let separator = separator.unwrap_or_else(|| Value::from("T"));
                let timespec = timespec.unwrap_or_else(|| Value::from("auto"));
                Ok(Value::from(self.iso(expect_str(method, &separator)?, expect_str(method, &timespec)?)))
            }
            "replace" => self.with_parts(&bind(method, args, PARTS)?).map(Value::from_object),
            "astimezone" => {
                let [timezone] = bind(method, args, ["tz"])?;
                let timezone = match timezone.filter(|timezone| !timezone.is_none()) {
                    Some(timezone) => Timezone::from_value(&timezone)?,
                    None => Timezone::Named(jiff::tz::TimeZone::system()),
                };
                self.in_timezone(&timezone).map(Value::from_object)
            }
            _ => {
                no_arguments(method, args)?;
                self.plain_method(method)
            }
        }
    }
}

impl Moment {
    fn plain_method(&self, method: &str) -> Result<Value, Error> {
        Ok(match method {
            "date" => Value::from_object(Date(self.civil.date())),
            "time" | "timetz" => Value::from_object(Time(self.civil.time())),
            "timestamp" => Value::from(Delta::new(self.since_epoch()).ratio(&Delta::new(delta::SECOND))?),
            "utcoffset" | "tzname" | "dst" => {
                self.zone.as_ref().map_or(Value::from(()), |zone| zone.describe(method))
            }
            "ctime" => Value::from(self.strftime("%a %b %e %H:%M:%S %Y")),
            _ => {
                return date_method(self.civil.date(), method)
                    .ok_or_else(|| unknown_method("datetime", method));
            }
        })
    }
}
