//! Python's `datetime` on jiff: the classes of `modules.datetime`, and the operators between their values.

mod calendar;
mod class;
mod date;
mod delta;
mod iso;
mod iso_text;
mod moment;
mod parts;
mod pytz;
mod strftime;
mod strptime;
mod time;
mod zone;

pub(crate) use class::Class;
pub(crate) use date::Date;
pub(crate) use delta::Delta;
pub(crate) use moment::Moment;
pub(crate) use pytz::pytz;
pub(crate) use time::Time;
pub(crate) use zone::{Timezone, Zone};

use jiff::tz::Offset;
use jiff::{Timestamp, civil};
use minijinja::{Error, Value};

use crate::jinja::python::namespace::namespace;
use crate::jinja::python::type_error;

type MethodResult = Option<Result<Value, Error>>;

/// `modules.datetime`
pub(crate) fn module() -> Value {
    namespace(
        "datetime",
        vec![
            ("date", Value::from_object(Class::Date)),
            ("datetime", Value::from_object(Class::Moment)),
            ("time", Value::from_object(Class::Time)),
            ("timedelta", Value::from_object(Class::Delta)),
            ("tzinfo", Value::from_object(Class::TzInfo)),
            ("timezone", Value::from_object(Class::TzInfo)),
        ],
    )
}

/// An instant as an aware `datetime` in UTC, as `run_started_at` is.
pub(crate) fn utc(instant: Timestamp) -> Value {
    Value::from_object(Moment::at(instant, &Timezone::Utc))
}

/// A `datetime` without a time zone.
pub(crate) fn naive(civil: civil::DateTime) -> Value {
    Value::from_object(Moment::naive(civil))
}

/// A `datetime` with the fixed offset that the server sent.
pub(crate) fn with_offset(local: civil::DateTime, offset: Offset) -> Value {
    Value::from_object(Moment::new(local, Some(Timezone::Fixed(offset).for_wall_clock(local))))
}

/// A `date`.
pub(crate) fn date(date: civil::Date) -> Value {
    Value::from_object(Date(date))
}

/// A `time`.
pub(crate) fn time(time: civil::Time) -> Value {
    Value::from_object(Time(time))
}

/// A `timedelta`.
pub(crate) fn delta(days: i64, microseconds: i64) -> Value {
    Value::from_object(Delta::new(i128::from(days) * delta::DAY + i128::from(microseconds)))
}

/// Reads a text by `strftime` directives.
pub(crate) fn parse(text: &str, format: &str) -> Option<civil::DateTime> {
    strptime::strptime(text, format).ok().map(|moment| moment.civil())
}

/// What `isoformat()` gives for dates and times.
pub(crate) fn iso_text(value: &Value) -> Option<String> {
    let text = crate::jinja::python::to_str(value);
    if value.downcast_object_ref::<Moment>().is_some() {
        return Some(text.replacen(' ', "T", 1));
    }
    value.downcast_object_ref::<Date>().map(|_| text)
}

fn as_delta(value: &Value) -> Option<&Delta> {
    value.downcast_object_ref()
}

pub(crate) fn add(left: &Value, right: &Value) -> MethodResult {
    let (first, second) = match (as_delta(left), as_delta(right)) {
        (Some(left), Some(right)) => return Some(Ok(left.plus(right))),
        (Some(delta), None) => (right, delta),
        (None, Some(delta)) => (left, delta),
        (None, None) => return None,
    };
    shift(first, second)
}

pub(crate) fn subtract(left: &Value, right: &Value) -> MethodResult {
    match (as_delta(left), as_delta(right)) {
        (Some(left), Some(right)) => return Some(Ok(left.plus(&right.negated()))),
        (None, Some(delta)) => return shift(left, &delta.negated()),
        _ => {}
    }
    if let (Some(left), Some(right)) =
        (left.downcast_object_ref::<Moment>(), right.downcast_object_ref::<Moment>())
    {
        return Some(left.since(right).map(Value::from_object));
    }
    let (left, right) = (left.downcast_object_ref::<Date>()?, right.downcast_object_ref::<Date>()?);
    Some(Ok(Value::from_object(left.since(*right))))
}

fn shift(value: &Value, delta: &Delta) -> MethodResult {
    if let Some(moment) = value.downcast_object_ref::<Moment>() {
        return Some(moment.plus(delta).map(Value::from_object));
    }
    Some(value.downcast_object_ref::<Date>()?.plus(delta).map(Value::from_object))
}

pub(crate) fn multiply(left: &Value, right: &Value) -> MethodResult {
    let (delta, factor) = (as_delta(left)?, f64::try_from(right.clone()).ok()?);
    Some(Ok(match right.as_i64() {
        Some(factor) => Value::from_object(delta.times(factor)),
        None => Value::from_object(delta.scaled(factor)),
    }))
}

pub(crate) fn divide(left: &Value, right: &Value) -> MethodResult {
    let delta = as_delta(left)?;
    if let Some(divisor) = as_delta(right) {
        return Some(delta.ratio(divisor).map(Value::from));
    }
    let divisor = f64::try_from(right.clone()).ok().filter(|divisor| *divisor != 0.0);
    Some(match divisor {
        Some(divisor) => Ok(Value::from_object(delta.scaled(1.0 / divisor))),
        None => Err(type_error("a timedelta can only be divided by a number or a timedelta")),
    })
}

pub(crate) fn floor_divide(left: &Value, right: &Value) -> MethodResult {
    let delta = as_delta(left)?;
    if let Some(divisor) = as_delta(right) {
        return Some(delta.ratio(divisor).map(|ratio| crate::jinja::python::whole(ratio.floor())));
    }
    let divisor = right.as_i64().filter(|divisor| *divisor != 0);
    Some(match divisor {
        Some(divisor) => Ok(Value::from_object(delta.divided(divisor))),
        None => Err(type_error("a timedelta can only be divided by a number or a timedelta")),
    })
}

pub(crate) fn negate(value: &Value) -> Option<Value> {
    as_delta(value).map(|delta| Value::from_object(delta.negated()))
}

/// What `format(value, spec)` gives for dates and times: their `strftime`.
pub(crate) fn format(value: &Value, spec: &str) -> Option<Result<String, Error>> {
    let text = if let Some(moment) = value.downcast_object_ref::<Moment>() {
        moment.strftime(spec)
    } else if let Some(date) = value.downcast_object_ref::<Date>() {
        date.strftime(spec)
    } else {
        value.downcast_object_ref::<Time>()?.strftime(spec)
    };
    Some(Ok(text))
}

#[cfg(test)]
mod tests;
