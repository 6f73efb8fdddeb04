//! The parts of a time of day.

use jiff::civil;
use minijinja::Error;

use crate::jinja::python::value_error;

pub(super) fn time_from_parts(parts: [i64; 4]) -> Result<civil::Time, Error> {
    const LIMITS: [(&str, i64); 4] = [("hour", 23), ("minute", 59), ("second", 59), ("microsecond", 999_999)];
    for (part, (name, limit)) in parts.iter().zip(LIMITS) {
        if !(0..=limit).contains(part) {
            return Err(value_error(format!("{name} must be in 0..{limit}")));
        }
    }
    let [hour, minute, second, microsecond] = parts;
    let small = |part: i64| i8::try_from(part).unwrap_or_default();
    let nanosecond = i32::try_from(microsecond * 1000).unwrap_or_default();
    civil::Time::new(small(hour), small(minute), small(second), nanosecond)
        .map_err(|error| value_error(error.to_string()))
}

pub(super) fn microsecond(time: civil::Time) -> i64 {
    i64::from(time.subsec_nanosecond()) / 1000
}

pub(super) fn time_parts(time: civil::Time) -> [i64; 4] {
    [i64::from(time.hour()), i64::from(time.minute()), i64::from(time.second()), microsecond(time)]
}
