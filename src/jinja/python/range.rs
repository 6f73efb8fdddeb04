//! Python's `range`: it knows its bounds, and its numbers are computed.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, State, Value};

use super::integer::as_int;
use super::{Arguments, type_error, type_name, unknown_method, value_error};

/// Jinja2's sandbox makes none that is longer.
const LONGEST: i64 = 100_000;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    start: i64,
    stop: i64,
    step: i64,
}

impl Range {
    fn length(self) -> i64 {
        let (span, step) = if self.step > 0 {
            (self.stop - self.start, self.step)
        } else {
            (self.start - self.stop, -self.step)
        };
        if span <= 0 { 0 } else { (span - 1) / step + 1 }
    }

    fn at(self, index: i64) -> Option<i64> {
        let length = self.length();
        let index = if index < 0 { index + length } else { index };
        (0..length).contains(&index).then(|| self.start + index * self.step)
    }

    fn place_of(self, value: &Value) -> Option<i64> {
        let number = match as_int(value) {
            Some(number) => i64::try_from(number).ok()?,
            None => (0..self.length()).find_map(|at| {
                let number = self.at(at)?;
                super::operators::equals(&Value::from(number), value).then_some(number)
            })?,
        };
        let distance = number - self.start;
        let place = distance / self.step;
        (distance % self.step == 0 && (0..self.length()).contains(&place)).then_some(place)
    }

    pub(super) fn sliced(&self, start: Option<i64>, stop: Option<i64>, step: i64) -> Value {
        let length = self.length();
        let (lowest, highest) = if step > 0 { (0, length) } else { (-1, length - 1) };
        let clamp = |bound: Option<i64>, default: i64| match bound {
            None => default,
            Some(bound) if bound < 0 => (bound + length).max(lowest),
            Some(bound) => bound.min(highest),
        };
        let (first, end) = if step > 0 {
            (clamp(start, lowest), clamp(stop, highest))
        } else {
            (clamp(start, highest), clamp(stop, lowest))
        };
        Value::from_object(Self {
            start: self.start + first * self.step,
            stop: self.start + end * self.step,
            step: self.step.saturating_mul(step),
        })
    }
}

/// `range(stop)`, `range(start, stop, step)`
pub(crate) fn range(_: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let arguments = Arguments::new("range", args);
    if !arguments.keywords().is_empty() {
        return Err(type_error("range() takes no keyword arguments"));
    }
    let number = |value: &Value| {
        let number = as_int(value).and_then(|number| i64::try_from(number).ok());
        number.ok_or_else(|| {
            type_error(format!("'{}' object cannot be interpreted as an integer", type_name(value)))
        })
    };
    let (start, stop, step) = match arguments.positional {
        [stop] => (0, number(stop)?, 1),
        [start, stop] => (number(start)?, number(stop)?, 1),
        [start, stop, step] => (number(start)?, number(stop)?, number(step)?),
        other => return Err(type_error(format!("range expected 1 to 3 arguments, got {}", other.len()))),
    };
    if step == 0 {
        return Err(value_error("range() arg 3 must not be zero"));
    }
    let made = Range { start, stop, step };
    if made.length() > LONGEST {
        return Err(value_error("Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000)."));
    }
    Ok(Value::from_object(made))
}

impl fmt::Debug for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.step {
            1 => write!(f, "range({}, {})", self.start, self.stop),
            step => write!(f, "range({}, {}, {step})", self.start, self.stop),
        }
    }
}

impl Object for Range {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let index = i64::try_from(as_int(key)?).ok()?;
        self.at(index).map(Value::from)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        match key {
            "start" => Some(Value::from(self.start)),
            "stop" => Some(Value::from(self.stop)),
            "step" => Some(Value::from(self.step)),
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let range = **self;
        // its length is told, and with it `loop.last`
        Enumerator::Iter(Box::new(
            (0..self.length()).map(move |at| Value::from(range.start + at * range.step)),
        ))
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        usize::try_from(self.length()).ok()
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match (method, args) {
            ("index", [value]) => match self.place_of(value) {
                Some(place) => Ok(Value::from(place)),
                None => Err(value_error(format!("{} is not in range", super::repr(value)))),
            },
            ("count", [value]) => Ok(Value::from(i64::from(self.place_of(value).is_some()))),
            _ => Err(unknown_method("range", method)),
        }
    }
}
