//! The classes themselves: `datetime.now()`, `date(2024, 1, 1)`, `timedelta(days=1)`.

use std::fmt;
use std::sync::Arc;

use jiff::{Timestamp, civil};
use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error, State};

use super::calendar::from_ordinal;
use super::time::bounds;
use super::{Date, Delta, Moment, Time, Timezone, iso, strptime};
use crate::jinja::python::{
    bind, bind_required, expect_int, expect_str, given, no_arguments, type_error, unknown_method, value_error,
};

/// A class of Python's `datetime` module.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Date,
    Moment,
    Time,
    Delta,
    TzInfo,
}

impl Class {
    fn name(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::Moment => "datetime",
            Self::Time => "time",
            Self::Delta => "timedelta",
            Self::TzInfo => "timezone",
        }
    }

    /// What a date and a datetime class make of an instant.
    fn local(self, instant: Timestamp, timezone: Option<Timezone>) -> Value {
        let system = || Timezone::Named(jiff::tz::TimeZone::system()).at(instant).0;
        match (self, timezone) {
            (Self::Date, _) => Value::from_object(Date(system().date())),
            (_, Some(timezone)) => Value::from_object(Moment::at(instant, &timezone)),
            (_, None) => Value::from_object(Moment::naive(system())),
        }
    }

    fn read_iso(self, text: &str) -> Result<Value, Error> {
        let invalid = || value_error(format!("Invalid isoformat string: '{text}'"));
        match self {
            Self::Date => iso::parse_date(text).map(|date| Value::from_object(Date(date))),
            Self::Time => iso::parse_time(text).map(|time| Value::from_object(Time(time))),
            _ => iso::parse_moment(text).map(Value::from_object),
        }
        .ok_or_else(invalid)
    }

    fn moment_method(self, method: &str, args: &[Value]) -> Result<Option<Value>, Error> {
        Ok(Some(match method {
            "now" | "fromtimestamp" if self == Self::Moment => {
                let (instant, timezone) = if method == "now" {
                    let [timezone] = bind(method, args, ["tz"])?;
                    (Timestamp::now(), timezone)
                } else {
                    let [seconds, timezone] = bind_required(method, args, ["timestamp", "tz"], 1)?;
                    (instant(&seconds)?, Some(timezone))
                };
                let timezone = timezone.filter(given).map(|timezone| Timezone::from_value(&timezone));
                self.local(instant, timezone.transpose()?)
            }
            "utcnow" | "utcfromtimestamp" if self == Self::Moment => {
                let instant = if method == "utcnow" {
                    no_arguments(method, args)?;
                    Timestamp::now()
                } else {
                    let [seconds] = bind_required(method, args, ["timestamp"], 1)?;
                    instant(&seconds)?
                };
                Value::from_object(Moment::naive(Timezone::Utc.at(instant).0))
            }
            "today" => {
                no_arguments(method, args)?;
                self.local(Timestamp::now(), None)
            }
            "fromtimestamp" => {
                let [seconds] = bind_required(method, args, ["timestamp"], 1)?;
                self.local(instant(&seconds)?, None)
            }
            "fromordinal" => {
                let [ordinal] = bind_required(method, args, ["ordinal"], 1)?;
                let date = from_ordinal(expect_int(method, &ordinal)?)?;
                match self {
                    Self::Date => Value::from_object(Date(date)),
                    _ => Value::from_object(Moment::naive(date.into())),
                }
            }
            "strptime" if self == Self::Moment => {
                let [text, format] = bind_required(method, args, ["date_string", "format"], 2)?;
                let (text, format) = (expect_str(method, &text)?, expect_str(method, &format)?);
                Value::from_object(strptime::strptime(text, format)?)
            }
            "combine" if self == Self::Moment => combine(args)?,
            _ => return Ok(None),
        }))
    }
}

fn combine(args: &[Value]) -> Result<Value, Error> {
    let [date, time, timezone] = bind_required("combine", args, ["date", "time", "tzinfo"], 2)?;
    let date = match date.downcast_object_ref::<Moment>() {
        Some(moment) => moment.civil().date(),
        None => match date.downcast_object_ref::<Date>() {
            Some(date) => date.0,
            None => return Err(type_error("`combine` expects a date")),
        },
    };
    let Some(time) = time.downcast_object_ref::<Time>() else {
        return Err(type_error("`combine` expects a time"));
    };
    let civil = date.to_datetime(time.0);
    let zone =
        if given(&timezone) { Some(Timezone::from_value(&timezone)?.for_wall_clock(civil)) } else { None };
    Ok(Value::from_object(Moment::new(civil, zone)))
}

#[expect(clippy::cast_possible_truncation, reason = "out of range is an error of jiff")]
fn instant(seconds: &Value) -> Result<Timestamp, Error> {
    let seconds = f64::try_from(seconds.clone()).map_err(|_| type_error("a timestamp must be a number"))?;
    Timestamp::from_microsecond((seconds * 1e6).round_ties_even() as i64)
        .map_err(|_| value_error("timestamp is out of range"))
}

impl fmt::Debug for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<class 'datetime.{}'>", self.name())
    }
}

impl Object for Class {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        let first = name == "min";
        match self.as_ref() {
            Self::Time => bounds(name).map(|time| Value::from_object(Time(time))),
            Self::Date | Self::Moment if first || name == "max" => {
                let date = if first { civil::date(1, 1, 1) } else { civil::date(9999, 12, 31) };
                Some(match self.as_ref() {
                    Self::Date => Value::from_object(Date(date)),
                    _ => Value::from_object(Moment::naive(date.to_datetime(bounds(name)?))),
                })
            }
            Self::TzInfo if name == "utc" => Some(Value::from_object(Timezone::Utc)),
            _ => None,
        }
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        match self.as_ref() {
            Self::Date => Date::from_call(args).map(Value::from_object),
            Self::Moment => Moment::from_call(args).map(Value::from_object),
            Self::Time => Time::from_call(args).map(Value::from_object),
            Self::Delta => Delta::from_call(args).map(Value::from_object),
            Self::TzInfo => {
                let [offset, _] = bind_required("timezone", args, ["offset", "name"], 1)?;
                let delta = offset.downcast_object_ref::<Delta>();
                let seconds = delta.map(|delta| delta.microseconds() / super::delta::SECOND);
                seconds
                    .and_then(|seconds| i32::try_from(seconds).ok())
                    .and_then(|seconds| jiff::tz::Offset::from_seconds(seconds).ok())
                    .map(|offset| Value::from_object(Timezone::Fixed(offset)))
                    .ok_or_else(|| type_error("`timezone` expects a timedelta of less than a day"))
            }
        }
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        if method == "fromisoformat" && !matches!(self.as_ref(), Self::Delta | Self::TzInfo) {
            let [text] = bind_required(method, args, ["date_string"], 1)?;
            return self.read_iso(expect_str(method, &text)?);
        }
        if matches!(self.as_ref(), Self::Date | Self::Moment)
            && let Some(value) = self.moment_method(method, args)?
        {
            return Ok(value);
        }
        // `datetime.strftime(value, '%Y')` is `value.strftime('%Y')`.
        match args.split_first() {
            Some((value, rest)) if value.as_object().is_some() => value.call_method(state, method, rest),
            _ => Err(unknown_method(self.name(), method)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
