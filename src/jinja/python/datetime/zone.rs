//! Time zones as pytz has them: `timezone('Europe/Berlin')`, `utc`, fixed offsets.

use std::fmt::{self, Write as _};

use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{Span, Timestamp, civil};
use minijinja::Error;
use minijinja::value::Value;

use super::Delta;
use crate::jinja::python::{type_error, value_error};

/// What `pytz.timezone`, `pytz.utc` and `FixedOffset` return.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Timezone {
    Utc,
    Fixed(Offset),
    Named(TimeZone),
}

/// A time zone at one time: what a pytz-aware `datetime` carries.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Zone {
    pub timezone: Timezone,
    pub offset: Offset,
    pub abbreviation: String,
}

impl Timezone {
    pub(super) fn named(name: &str) -> Result<Self, Error> {
        if name.eq_ignore_ascii_case("utc") {
            return Ok(Self::Utc);
        }
        TimeZone::get(name)
            .map(Self::Named)
            .map_err(|_| value_error(format!("unknown time zone '{name}' (pytz.UnknownTimeZoneError)")))
    }

    pub(super) fn from_value(value: &Value) -> Result<Self, Error> {
        value.downcast_object_ref::<Self>().cloned().ok_or_else(|| {
            let kind = crate::jinja::python::type_name(value);
            type_error(format!("tzinfo argument must be None or of a tzinfo subclass, not type '{kind}'"))
        })
    }

    fn jiff(&self) -> TimeZone {
        match self {
            Self::Utc => TimeZone::UTC,
            Self::Fixed(offset) => TimeZone::fixed(*offset),
            Self::Named(timezone) => timezone.clone(),
        }
    }

    /// The zone's offset at an instant, and the wall clock there.
    pub(super) fn at(&self, instant: Timestamp) -> (civil::DateTime, Zone) {
        let timezone = self.jiff();
        let info = timezone.to_offset_info(instant);
        let abbreviation = match self {
            Self::Utc => "UTC".to_owned(),
            Self::Fixed(offset) => fixed_name(*offset),
            Self::Named(_) => info.abbreviation().to_owned(),
        };
        let offset = info.offset();
        (offset.to_datetime(instant), Zone { timezone: self.clone(), offset, abbreviation })
    }

    /// The zone's offset for a wall clock; pytz takes standard time where that is ambiguous or does not exist.
    pub(super) fn for_wall_clock(&self, civil: civil::DateTime) -> Zone {
        let (offset, probe) = match self.jiff().to_ambiguous_zoned(civil).offset() {
            AmbiguousOffset::Unambiguous { offset } => (offset, civil),
            AmbiguousOffset::Fold { after, .. } => (after, civil),
            AmbiguousOffset::Gap { before, .. } => (before, civil.saturating_sub(Span::new().hours(3))),
        };
        // the last hours of the year 9999 are beyond what an instant can be, not beyond what a wall clock can show
        let end = if civil.year() > 0 { Timestamp::MAX } else { Timestamp::MIN };
        self.at(offset.to_timestamp(probe).unwrap_or(end)).1
    }
}

/// `UTC+02:00`, as Python names a fixed offset.
fn fixed_name(offset: Offset) -> String {
    if offset.seconds() == 0 { "UTC".into() } else { format!("UTC{}", offset_text(offset, ":")) }
}

/// `+02:00`, with seconds only where there are some.
pub(super) fn offset_text(offset: Offset, separator: &str) -> String {
    let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let seconds = seconds.abs();
    let mut text = format!("{sign}{:02}{separator}{:02}", seconds / 3600, seconds / 60 % 60);
    if seconds % 60 != 0 {
        let _ = write!(text, "{separator}{:02}", seconds % 60);
    }
    text
}

impl fmt::Display for Timezone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utc => f.write_str("UTC"),
            Self::Fixed(offset) => f.write_str(&fixed_name(*offset)),
            Self::Named(timezone) => f.write_str(timezone.iana_name().unwrap_or("local")),
        }
    }
}

impl fmt::Debug for Timezone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utc => f.write_str("<UTC>"),
            Self::Fixed(offset) if offset.seconds() == 0 => f.write_str("datetime.timezone.utc"),
            Self::Fixed(offset) => {
                let delta = Delta::new(i128::from(offset.seconds()) * super::delta::SECOND);
                write!(f, "datetime.timezone({delta:?})")
            }
            Self::Named(_) => write!(f, "<DstTzInfo '{self}'>"),
        }
    }
}

impl Zone {
    /// `utcoffset`, `tzname` or `dst` of a time in this zone.
    pub(super) fn describe(&self, method: &str) -> Value {
        let seconds =
            |seconds: i32| Value::from_object(Delta::new(i128::from(seconds) * super::delta::SECOND));
        match method {
            "tzname" => Value::from(self.abbreviation.as_str()),
            "utcoffset" => seconds(self.offset.seconds()),
            _ => seconds(0),
        }
    }
}
