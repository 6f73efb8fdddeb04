//! Python's `timedelta`.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{DynObject, Object, ObjectRepr, Value};
use minijinja::{Error, State};

use crate::jinja::python::{bind, no_arguments, type_error, unknown_method, value_error};

pub(super) const SECOND: i128 = 1_000_000;
pub(super) const DAY: i128 = 86_400 * SECOND;

/// A length of time in microseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Delta(i128);

impl Delta {
    pub(crate) fn new(microseconds: i128) -> Self {
        Self(microseconds)
    }

    pub(super) fn microseconds(self) -> i128 {
        self.0
    }

    /// `timedelta(days=.., hours=..)`; floats are rounded to microseconds.
    pub(super) fn from_call(args: &[Value]) -> Result<Self, Error> {
        const UNITS: [i128; 7] = [DAY, SECOND, 1, 1_000, 60 * SECOND, 3_600 * SECOND, 7 * DAY];
        let parts = bind(
            "timedelta",
            args,
            ["days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"],
        )?;
        let mut total = 0;
        for (part, unit) in parts.iter().zip(UNITS) {
            let Some(part) = part else { continue };
            total += if part.is_integer() {
                i128::from(part.as_i64().ok_or_else(|| value_error("timedelta is too large"))?) * unit
            } else {
                let amount = f64::try_from(part.clone())
                    .map_err(|_| type_error("unsupported type for a component of timedelta"))?;
                scale(unit, amount)
            };
        }
        Ok(Self(total))
    }

    pub(super) fn plus(&self, other: &Self) -> Value {
        Value::from_object(Self(self.0.saturating_add(other.0)))
    }

    pub(super) fn negated(self) -> Self {
        Self(-self.0)
    }

    pub(super) fn times(self, factor: i64) -> Self {
        Self(self.0.saturating_mul(i128::from(factor)))
    }

    pub(super) fn divided(self, divisor: i64) -> Self {
        Self(self.0.div_euclid(i128::from(divisor)))
    }

    pub(super) fn scaled(self, factor: f64) -> Self {
        Self(scale(self.0, factor))
    }

    #[expect(clippy::cast_precision_loss, reason = "Python's ratio is a float too")]
    pub(super) fn ratio(self, divisor: &Self) -> Result<f64, Error> {
        if divisor.0 == 0 {
            return Err(value_error("division by zero"));
        }
        Ok(self.0 as f64 / divisor.0 as f64)
    }

    /// Days, seconds and microseconds as Python normalises them: only days are negative.
    fn parts(self) -> (i128, i128, i128) {
        let within = self.0.rem_euclid(DAY);
        (self.0.div_euclid(DAY), within / SECOND, within % SECOND)
    }
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "as Python's floats")]
fn scale(unit: i128, amount: f64) -> i128 {
    (unit as f64 * amount).round_ties_even() as i128
}

impl fmt::Display for Delta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, seconds, microseconds) = self.parts();
        if days != 0 {
            let plural = if days.abs() == 1 { "" } else { "s" };
            write!(f, "{days} day{plural}, ")?;
        }
        write!(f, "{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        if microseconds == 0 { Ok(()) } else { write!(f, ".{microseconds:06}") }
    }
}

impl fmt::Debug for Delta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, seconds, microseconds) = self.parts();
        let named = [("days", days), ("seconds", seconds), ("microseconds", microseconds)];
        let shown: Vec<String> = named
            .iter()
            .filter(|(_, amount)| *amount != 0)
            .map(|(name, amount)| format!("{name}={amount}"))
            .collect();
        let shown = if shown.is_empty() { "0".to_owned() } else { shown.join(", ") };
        write!(f, "datetime.timedelta({shown})")
    }
}

impl Object for Delta {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        self.0 != 0
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let (days, seconds, microseconds) = self.parts();
        let part = match key.as_str()? {
            "days" => days,
            "seconds" => seconds,
            "microseconds" => microseconds,
            _ => return None,
        };
        i64::try_from(part).ok().map(Value::from)
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(Self::cmp(self, other.downcast_ref::<Self>()?))
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
        if method != "total_seconds" {
            return Err(unknown_method("timedelta", method));
        }
        no_arguments(method, args)?;
        self.ratio(&Self(SECOND)).map(Value::from)
    }
}
