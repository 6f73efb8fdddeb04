//! `interval_start` and `interval_end`: the interval that is being built, as timestamps in UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use minijinja::Value;
use serde_json::Value as Json;

use crate::config::Environment;
use crate::jinja::python::datetime;

/// The option, and the variable of the environment that a job gives to its steps.
fn sources(name: &str) -> Option<[&'static str; 2]> {
    match name {
        "interval_start" => Some(["INTERVAL_START", "RSDBT_INTERVAL_START"]),
        "interval_end" => Some(["INTERVAL_END", "RSDBT_INTERVAL_END"]),
        _ => None,
    }
}

/// `None` outside of an interval.
fn of(name: &str, flags: &Json, environment: &Environment) -> Option<Timestamp> {
    let [flag, variable] = sources(name)?;
    let given = flags.get(flag).and_then(Json::as_str).or_else(|| environment.get(variable))?;
    let civil =
        || given.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    given.parse::<Timestamp>().ok().or_else(civil)
}

/// None outside of an interval.
pub(super) fn value(name: &str, flags: &Json, environment: &Environment) -> Value {
    of(name, flags, environment).map_or_else(|| Value::from(()), datetime::utc)
}

/// While parsing there is always one, so that what is done with it can be rendered.
pub(super) fn parsed(name: &str, flags: &Json, environment: &Environment, now: Timestamp) -> Value {
    datetime::utc(of(name, flags, environment).unwrap_or(now))
}
