//! Python's `date`.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use jiff::civil;
use minijinja::value::{DynObject, Object, ObjectRepr, Value};
use minijinja::{Error, State};

use super::calendar::{date_from_parts, from_ordinal, iso_calendar, ordinal};
use super::strftime::{self, Clock};
use super::{Delta, delta, iso_text};
use crate::jinja::python::{bind, bind_required, expect_int, expect_str, no_arguments, unknown_method};

/// A day of the calendar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Date(pub civil::Date);

impl Date {
    pub(super) fn from_call(args: &[Value]) -> Result<Self, Error> {
        let parts = bind_required("date", args, ["year", "month", "day"], 3)?;
        let [year, month, day] = [0, 1, 2].map(|part| expect_int("date", &parts[part]));
        date_from_parts(year?, month?, day?).map(Self)
    }

    pub(super) fn plus(self, delta: &Delta) -> Result<Self, Error> {
        let days = i64::try_from(delta.microseconds().div_euclid(delta::DAY)).unwrap_or(i64::MAX / 2);
        from_ordinal(ordinal(self.0) + days).map(Self)
    }

    pub(super) fn since(self, other: Self) -> Delta {
        Delta::new(i128::from(ordinal(self.0) - ordinal(other.0)) * delta::DAY)
    }

    pub(super) fn strftime(self, format: &str) -> String {
        strftime::strftime(format, &Clock { civil: self.0.into(), zone: None })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&iso_text::date_text(self.0))
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "datetime.date({}, {}, {})", self.0.year(), self.0.month(), self.0.day())
    }
}

impl Object for Date {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "year" => Value::from(self.0.year()),
            "month" => Value::from(self.0.month()),
            "day" => Value::from(self.0.day()),
            _ => return None,
        })
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
            "strftime" | "__format__" => {
                let [format] = bind_required(method, args, ["format"], 1)?;
                Ok(Value::from(self.strftime(expect_str(method, &format)?)))
            }
            "replace" => {
                let parts = bind(method, args, ["year", "month", "day"])?;
                let current = [i64::from(self.0.year()), i64::from(self.0.month()), i64::from(self.0.day())];
                let mut changed = current;
                for (slot, part) in changed.iter_mut().zip(&parts) {
                    if let Some(part) = part {
                        *slot = expect_int(method, part)?;
                    }
                }
                let [year, month, day] = changed;
                date_from_parts(year, month, day).map(|date| Value::from_object(Self(date)))
            }
            _ => {
                no_arguments(method, args)?;
                date_method(self.0, method).ok_or_else(|| unknown_method("date", method))
            }
        }
    }
}

/// The methods without arguments that `date` and `datetime` share.
pub(super) fn date_method(date: civil::Date, method: &str) -> Option<Value> {
    Some(match method {
        "isoformat" => Value::from(iso_text::date_text(date)),
        "weekday" => Value::from(date.weekday().to_monday_zero_offset()),
        "isoweekday" => Value::from(date.weekday().to_monday_one_offset()),
        "isocalendar" => iso_calendar(date),
        "toordinal" => Value::from(ordinal(date)),
        "ctime" => {
            let clock = Clock { civil: date.into(), zone: None };
            Value::from(strftime::strftime("%a %b %e %H:%M:%S %Y", &clock))
        }
        _ => return None,
    })
}
