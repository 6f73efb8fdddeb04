//! Python's `time`: a time of day without a zone.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use jiff::civil;
use minijinja::value::{DynObject, Object, ObjectRepr, Value};
use minijinja::{Error, State};

use super::iso_text;
use super::parts::{time_from_parts, time_parts};
use super::strftime::{self, Clock};
use crate::jinja::python::{bind, bind_required, expect_int, expect_str, unknown_method};

/// A time of day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(pub civil::Time);

/// `hour`, `minute`, .. of a time of day.
pub(super) fn time_attribute(time: civil::Time, name: &str) -> Option<Value> {
    let at = ["hour", "minute", "second", "microsecond"].iter().position(|part| *part == name)?;
    Some(Value::from(time_parts(time)[at]))
}

impl Time {
    pub(super) fn from_call(args: &[Value]) -> Result<Self, Error> {
        let parts = bind("time", args, ["hour", "minute", "second", "microsecond", "tzinfo", "fold"])?;
        let mut numbers = [0; 4];
        for (number, part) in numbers.iter_mut().zip(&parts) {
            if let Some(part) = part {
                *number = expect_int("time", part)?;
            }
        }
        time_from_parts(numbers).map(Self)
    }

    pub(super) fn strftime(self, format: &str) -> String {
        let civil = civil::date(1900, 1, 1).to_datetime(self.0);
        strftime::strftime(format, &Clock { civil, zone: None })
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&iso_text::time_text(self.0, "auto"))
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "datetime.time({})", iso_text::shown_parts(self.0))
    }
}

impl Object for Time {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "tzinfo" => Some(Value::from(())),
            name => time_attribute(self.0, name),
        }
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(self.0.cmp(&other.downcast_ref::<Self>()?.0))
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
            "strftime" => {
                let [format] = bind_required(method, args, ["format"], 1)?;
                Ok(Value::from(self.strftime(expect_str(method, &format)?)))
            }
            "isoformat" => {
                let [timespec] = bind(method, args, ["timespec"])?;
                let timespec = timespec.unwrap_or_else(|| Value::from("auto"));
                Ok(Value::from(iso_text::time_text(self.0, expect_str(method, &timespec)?)))
            }
            "replace" => {
                let parts = bind(method, args, ["hour", "minute", "second", "microsecond", "tzinfo"])?;
                let mut changed = time_parts(self.0);
                for (slot, part) in changed.iter_mut().zip(&parts) {
                    if let Some(part) = part {
                        *slot = expect_int(method, part)?;
                    }
                }
                time_from_parts(changed).map(|time| Value::from_object(Self(time)))
            }
            _ => Err(unknown_method("time", method)),
        }
    }
}

/// `time.min` and `time.max`.
pub(super) fn bounds(name: &str) -> Option<civil::Time> {
    match name {
        "min" => Some(civil::Time::MIN),
        "max" => time_from_parts([23, 59, 59, 999_999]).ok(),
        _ => None,
    }
}
