//! What a job waits for beside other jobs: a file, or the rows of a source.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, fmt::strtime};

use super::values::{CODE, seconds};
use crate::config::schedule::Upstream;
use crate::config::{Fields, Yaml, strict};
use crate::diagnostic::{Result, Span};

/// How often one is looked at.
const EVERY_FILE: u32 = 5;
const EVERY_SOURCE: u32 = 60;

#[derive(Debug, Clone)]
pub(crate) struct Sensor {
    pub looks_at: LooksAt,
    /// How much earlier than the interval.
    offset_seconds: u32,
    pub timeout_seconds: u32,
    /// Its name in the file of jobs.
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LooksAt {
    /// A path with the codes of a time, which is the begin of the interval by the clocks of the job.
    File(String),
    /// `source.table`, whose newest row is from the end of the interval or later.
    Source(String),
}

impl Sensor {
    pub(crate) fn every_seconds(&self) -> u32 {
        match self.looks_at {
            LooksAt::File(_) => EVERY_FILE,
            LooksAt::Source(_) => EVERY_SOURCE,
        }
    }

    /// The file of an interval.
    pub(crate) fn path(pattern: &str, begin: Timestamp, zone: &TimeZone) -> Option<String> {
        strtime::format(pattern, &begin.to_zoned(zone.clone())).ok()
    }

    pub(crate) fn shifted(&self, at: Timestamp) -> Timestamp {
        at.checked_sub(SignedDuration::from_secs(i64::from(self.offset_seconds))).unwrap_or(at)
    }

    /// As messages call it, for one interval.
    pub(crate) fn title(&self, [begin, end]: [Timestamp; 2], zone: &TimeZone) -> String {
        match &self.looks_at {
            LooksAt::File(pattern) => {
                let path = Self::path(pattern, self.shifted(begin), zone);
                format!("the file {}", path.as_deref().unwrap_or(pattern))
            }
            LooksAt::Source(name) => format!("rows of {name} up to {}", self.shifted(end)),
        }
    }
}

pub(super) fn file(entry: &Fields<'_>, value: &Yaml) -> Result<Sensor> {
    let pattern = value.expect_str("`file`")?;
    if pattern.trim().is_empty() || Sensor::path(pattern, Timestamp::UNIX_EPOCH, &TimeZone::UTC).is_none() {
        let message =
            format!("`{pattern}` is not a valid path of a file; write it as `landing/orders_%Y-%m-%d.csv`");
        return Err(strict::wrong(CODE, value, &message));
    }
    sensor(entry, value, LooksAt::File(pattern.to_owned()))
}

pub(super) fn source(entry: &Fields<'_>, value: &Yaml) -> Result<Sensor> {
    let name = value.expect_str("`source`")?;
    sensor(entry, value, LooksAt::Source(name.to_owned()))
}

fn sensor(entry: &Fields<'_>, value: &Yaml, looks_at: LooksAt) -> Result<Sensor> {
    Ok(Sensor {
        looks_at,
        offset_seconds: seconds(entry, "offset")?.unwrap_or(0),
        timeout_seconds: seconds(entry, "timeout")?.unwrap_or_else(Upstream::default_timeout),
        span: value.span(),
    })
}
