//! When a job runs.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::values::CODE;
use crate::config::cron::Cron;
use crate::config::{Fields, Yaml, strict};
use crate::diagnostic::{Diagnostic, Result, Span};

const CATCH_UP: &[&str] = &["latest", "all", "none"];

/// What is done about intervals that nobody has run when they were due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CatchUp {
    All,
    /// The last one alone.
    Latest,
    /// Only what becomes due while the schedule runs.
    None,
}

#[derive(Debug, Clone)]
pub(crate) enum When {
    Cycle(Cycle),
    /// With each interval of these jobs, once all of them have succeeded.
    After(Vec<(String, Span)>),
}

/// The intervals between the times of a cron.
#[derive(Debug, Clone)]
pub(crate) struct Cycle {
    pub cron: Cron,
    pub start: Timestamp,
    pub end: Option<Timestamp>,
}

pub(super) fn read(fields: &Fields<'_>) -> Result<(When, CatchUp)> {
    let catch_up = match strict::choice(CODE, fields, "catch_up", CATCH_UP)?.as_deref() {
        Some("all") => CatchUp::All,
        Some("none") => CatchUp::None,
        _ => CatchUp::Latest,
    };
    let Some(after) = fields.get("after") else {
        return Ok((When::Cycle(cycle(fields, catch_up)?), catch_up));
    };
    if let Some(key) =
        ["cron", "timezone", "start", "end", "catch_up"].into_iter().find(|key| fields.get(key).is_some())
        && let Some(value) = fields.get(key)
    {
        let message =
            format!("`{key}` stands beside `after`: the job has the intervals of those that it comes after");
        return Err(strict::wrong(CODE, value, &message));
    }
    let names: Vec<&Yaml> = match after.as_str() {
        Some(_) => vec![after],
        None => after.expect_sequence(&format!("`after` of {fields}"))?.iter().collect(),
    };
    let named = |value: &Yaml| Ok((value.expect_str("a job in `after`")?.to_owned(), value.span()));
    let names: Vec<(String, Span)> = names.into_iter().map(named).collect::<Result<_>>()?;
    if names.is_empty() {
        return Err(strict::wrong(CODE, after, "`after` is empty: name a job, or give a `cron`"));
    }
    Ok((When::After(names), catch_up))
}

fn cycle(fields: &Fields<'_>, catch_up: CatchUp) -> Result<Cycle> {
    let Some(value) = fields.get("cron") else {
        let error = Diagnostic::parsing(CODE, format!("{fields} has neither `cron` nor `after`"));
        return Err(error
            .label(fields.yaml.span(), "")
            .help("add `cron: \"0 3 * * *\"` or `after: [other_job]`")
            .boxed());
    };
    let text = value.expect_str(&format!("`cron` of {fields}"))?;
    let cron = Cron::parse(text).map_err(|error| strict::wrong(CODE, value, &error))?;
    let zone = strict::time_zone(CODE, fields, "timezone")?.unwrap_or(TimeZone::UTC);
    let end = moment(fields, "end", &zone)?;
    let start = match moment(fields, "start", &zone)? {
        Some(start) => start,
        None if catch_up == CatchUp::All => {
            let error = Diagnostic::parsing(CODE, format!("{fields} has `catch_up: all` and no `start`"));
            return Err(error
                .label(fields.yaml.span(), "")
                .help("add `start: 2024-01-01`: its first interval")
                .boxed());
        }
        None => Timestamp::UNIX_EPOCH,
    };
    if let Some(value) = fields.get("end").filter(|_| end.is_some_and(|end| end < start)) {
        return Err(strict::wrong(CODE, value, "`end` lies before `start`"));
    }
    Ok(Cycle { cron: cron.in_zone(zone), start, end })
}

/// A timestamp, or a date and a time of the job's own zone.
fn moment(fields: &Fields<'_>, key: &str, zone: &TimeZone) -> Result<Option<Timestamp>> {
    let Some(value) = fields.get(key) else { return Ok(None) };
    let read = |text: &str| {
        text.parse::<Timestamp>().ok().or_else(|| {
            let day = || text.parse::<Date>().ok().map(DateTime::from);
            let civil = text.parse::<DateTime>().ok().or_else(day)?;
            Some(zone.to_ambiguous_zoned(civil).compatible().ok()?.timestamp())
        })
    };
    match value.scalar_text().and_then(|text| read(text.trim())) {
        Some(at) => Ok(Some(at)),
        None => Err(strict::wrong(
            CODE,
            value,
            &format!("`{key}` is not a timestamp; write it as 2024-01-01 03:00:00"),
        )),
    }
}
