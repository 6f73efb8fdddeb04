//! pytz: its names, and what timezones do with datetimes.

use std::fmt;
use std::sync::Arc;

use jiff::tz::Offset;
use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error, State};

use super::{Moment, Timezone};
use crate::jinja::python::function::function;
use crate::jinja::python::namespace::namespace;
use crate::jinja::python::{bind_required, expect_int, expect_str, type_error, unknown_method, value_error};

impl Object for Timezone {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str()? == "zone").then(|| Value::from(self.to_string()))
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
        let moment = |value: &Value| {
            value
                .downcast_object_ref::<Moment>()
                .cloned()
                .ok_or_else(|| type_error(format!("`{method}` expects a datetime")))
        };
        match method {
            "localize" => {
                let [value, _] = bind_required(method, args, ["dt", "is_dst"], 1)?;
                let moment = moment(&value)?;
                if moment.zone().is_some() {
                    return Err(value_error("Not naive datetime (tzinfo is already set)"));
                }
                let zone = self.for_wall_clock(moment.civil());
                Ok(Value::from_object(Moment::new(moment.civil(), Some(zone))))
            }
            "normalize" => {
                let [value] = bind_required(method, args, ["dt"], 1)?;
                moment(&value)?.in_timezone(self).map(Value::from_object)
            }
            "utcoffset" | "tzname" | "dst" => {
                let [value] = bind_required(method, args, ["dt"], 1)?;
                let zone = self.for_wall_clock(moment(&value)?.civil());
                Ok(zone.describe(method))
            }
            _ => Err(unknown_method("tzinfo", method)),
        }
    }
}

/// `modules.pytz`
pub(crate) fn pytz() -> Value {
    let members = vec![
        ("timezone", function("timezone", timezone)),
        ("utc", Value::from_object(Timezone::Utc)),
        ("UTC", Value::from_object(Timezone::Utc)),
        ("FixedOffset", function("FixedOffset", fixed_offset)),
        ("all_timezones", timezone_names()),
        ("common_timezones", timezone_names()),
    ];
    namespace("pytz", members)
}

fn timezone(_: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [name] = bind_required("timezone", args, ["zone"], 1)?;
    Timezone::named(expect_str("timezone", &name)?).map(Value::from_object)
}

fn fixed_offset(_: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [minutes] = bind_required("FixedOffset", args, ["offset"], 1)?;
    let seconds = expect_int("FixedOffset", &minutes)?.saturating_mul(60);
    i32::try_from(seconds)
        .ok()
        .and_then(|seconds| Offset::from_seconds(seconds).ok())
        .map(|offset| Value::from_object(Timezone::Fixed(offset)))
        .ok_or_else(|| value_error("absolute offset is too large"))
}

fn timezone_names() -> Value {
    Value::make_iterable(|| {
        let mut names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        names.sort();
        names.into_iter()
    })
}
