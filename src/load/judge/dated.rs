//! Dates and timestamps in a format of the user's.

use jiff::civil::{Date, Time};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::{Offset, TimeZone};

use super::data_type::DataType;

/// A format such as `%d.%m.%Y`.
#[derive(Debug, Clone)]
pub(super) struct DateFormat {
    format: String,
    is_date: bool,
    has_zone: bool,
}

impl DateFormat {
    pub(super) fn parse(format: &str, kind: &DataType) -> Result<Self, String> {
        let is_date = *kind == DataType::Date;
        let has_zone = *kind == DataType::Timestamp { has_zone: true };
        let parsed = Self { format: format.to_owned(), is_date, has_zone };
        let sample = Date::constant(2001, 2, 3).to_datetime(Time::constant(4, 5, 6, 0));
        let sample = sample.to_zoned(TimeZone::fixed(Offset::UTC)).map_err(|error| error.to_string())?;
        let written = jiff::fmt::strtime::format(format, &sample)
            .map_err(|error| format!("`{format}` is not a valid format of dates: {error}"))?;
        let mut out = Vec::new();
        if parsed.write(&written, &mut out).is_none() {
            return Err(format!(
                "`{format}` does not tell a whole {}",
                if is_date { "date" } else { "timestamp" }
            ));
        }
        Ok(parsed)
    }

    pub(super) fn text(&self) -> &str {
        &self.format
    }

    /// `None`, with nothing written, where the text is of another format.
    pub(super) fn write(&self, text: &str, out: &mut Vec<u8>) -> Option<()> {
        let parts = BrokenDownTime::parse(&self.format, text).ok()?;
        let written = if self.is_date {
            parts.to_date().ok().filter(|date| date.year() > 0)?.to_string()
        } else if parts.offset().is_some() || parts.timestamp().is_some() {
            let at = parts.to_timestamp().ok().filter(|at| at.to_zoned(TimeZone::UTC).year() > 0)?;
            if self.has_zone { at.to_string() } else { at.to_zoned(TimeZone::UTC).datetime().to_string() }
        } else {
            let date = parts.to_date().ok().filter(|date| date.year() > 0)?;
            date.to_datetime(parts.to_time().unwrap_or_default()).to_string()
        };
        out.extend_from_slice(written.as_bytes());
        Some(())
    }
}
