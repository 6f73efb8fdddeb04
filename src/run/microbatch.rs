//! The batches of a microbatch model: time windows of one hour, day, month or year, in UTC.

use jiff::civil::{DateTime, date};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};
use serde_json::Value;

use crate::diagnostic::{Diagnostic, Result};

/// The length of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BatchSize {
    Hour,
    Day,
    Month,
    Year,
}

impl BatchSize {
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "hour" => Self::Hour,
            "day" => Self::Day,
            "month" => Self::Month,
            "year" => Self::Year,
            _ => return None,
        })
    }

    fn one(self) -> Span {
        match self {
            Self::Hour => 1.hour(),
            Self::Day => 1.day(),
            Self::Month => 1.month(),
            Self::Year => 1.year(),
        }
    }

    fn floor(self, at: DateTime) -> DateTime {
        let day = at.date();
        match self {
            Self::Hour => day.at(at.hour(), 0, 0, 0),
            Self::Day => day.at(0, 0, 0, 0),
            Self::Month => date(day.year(), day.month(), 1).at(0, 0, 0, 0),
            Self::Year => date(day.year(), 1, 1).at(0, 0, 0, 0),
        }
    }

    fn ceiling(self, at: DateTime) -> DateTime {
        let floor = self.floor(at);
        if floor == at { at } else { self.offset(floor, 1) }
    }

    /// Whole batches on or back from the start of the batch that holds `at`.
    fn offset(self, at: DateTime, batches: i64) -> DateTime {
        let floor = self.floor(at);
        floor.checked_add(self.one() * batches).unwrap_or(floor)
    }

    /// `2024-09-17T16`, `2024-09-17`, `2024-09` or `2024`: in file names and lines.
    pub(super) fn label(self, start: DateTime) -> String {
        let form = match self {
            Self::Hour => "%Y-%m-%dT%H",
            Self::Day => "%Y-%m-%d",
            Self::Month => "%Y-%m",
            Self::Year => "%Y",
        };
        start.strftime(form).to_string()
    }
}

/// One window: from its start to before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Batch {
    pub(super) start: DateTime,
    pub(super) end: DateTime,
}

impl Batch {
    /// As `run_results.json` keeps it.
    pub(super) fn recorded(self) -> [String; 2] {
        [self.start, self.end].map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
    }

    pub(super) fn read(recorded: &[String; 2]) -> Option<Self> {
        Some(Self { start: instant(&recorded[0])?, end: instant(&recorded[1])? })
    }
}

/// What decides about the windows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window<'a> {
    pub(super) model: &'a str,
    pub(super) size: BatchSize,
    pub(super) lookback: i64,
    pub(super) begin: Option<DateTime>,
    pub(super) incremental: bool,
    /// `--event-time-start`, `--event-time-end` or a sample's window.
    pub(super) asked_start: Option<DateTime>,
    pub(super) asked_end: Option<DateTime>,
    /// When the invocation began; a retry uses the original one.
    pub(super) now: Timestamp,
}

impl Window<'_> {
    pub(super) fn batches(&self) -> Result<Vec<Batch>> {
        let now = self.now.to_zoned(TimeZone::UTC).datetime();
        let end = self.size.ceiling(self.asked_end.unwrap_or(now));
        let start = self.start(end)?;
        let mut batches = Vec::new();
        let mut from = start;
        loop {
            let to = self.size.offset(from, 1);
            if to >= end {
                batches.push(Batch { start: from, end });
                return Ok(batches);
            }
            batches.push(Batch { start: from, end: to });
            from = to;
        }
    }

    fn start(&self, checkpoint: DateTime) -> Result<DateTime> {
        if let Some(start) = self.asked_start {
            return Ok(self.size.floor(start));
        }
        if !self.incremental {
            let begin = self.begin.ok_or_else(|| {
                Diagnostic::runtime(
                    "microbatch-without-begin",
                    format!("Microbatch model '{}' requires a 'begin' configuration.", self.model),
                )
                .help("set `begin` to the earliest event time to load, as in `begin: '2024-01-01'`")
            })?;
            return Ok(self.size.floor(begin));
        }
        // A checkpoint on the line belongs to the batch before it.
        let on_the_line = i64::from(self.size.floor(checkpoint) == checkpoint);
        Ok(self.size.offset(checkpoint, -(self.lookback + on_the_line)))
    }
}

/// Reads `2024-01-01`, `2024-01-01 10:00:00` and RFC 3339 forms, as a timestamp in UTC.
pub(super) fn instant(text: &str) -> Option<DateTime> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.to_zoned(TimeZone::UTC).datetime());
    }
    text.parse::<DateTime>()
        .ok()
        .or_else(|| text.parse::<jiff::civil::Date>().ok().map(|day| day.at(0, 0, 0, 0)))
}

/// The batch configs of a model.
pub(super) fn size_of(model: &str, config: &serde_json::Map<String, Value>) -> Result<BatchSize> {
    config.get("batch_size").and_then(Value::as_str).and_then(BatchSize::parse).ok_or_else(|| {
        Diagnostic::runtime(
            "microbatch-without-batch-size",
            format!("Microbatch model '{model}' does not have a 'batch_size' config (one of ['hour', 'day', 'month', 'year']) specificed."),
        )
        .boxed()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(size: BatchSize) -> Window<'static> {
        Window {
            model: "m",
            size,
            lookback: 1,
            begin: instant("2024-01-15"),
            incremental: false,
            asked_start: None,
            asked_end: None,
            now: "2024-01-17T16:06:00Z".parse().unwrap(),
        }
    }

    fn labels(window: &Window<'_>) -> Vec<String> {
        let batches = window.batches().unwrap();
        batches.iter().map(|batch| window.size.label(batch.start)).collect()
    }

    #[test]
    fn the_first_run_starts_at_begin() {
        assert_eq!(labels(&window(BatchSize::Day)), ["2024-01-15", "2024-01-16", "2024-01-17"]);
        assert_eq!(labels(&window(BatchSize::Month)), ["2024-01"]);
    }

    #[test]
    fn later_runs_look_back() {
        let later = Window { incremental: true, ..window(BatchSize::Day) };
        assert_eq!(labels(&later), ["2024-01-16", "2024-01-17"]);
        let asked =
            Window { asked_start: instant("2024-01-10 05:00:00"), asked_end: instant("2024-01-11"), ..later };
        assert_eq!(labels(&asked), ["2024-01-10"]);
        let recorded = asked.batches().unwrap()[0].recorded();
        assert_eq!(recorded, ["2024-01-10T00:00:00Z", "2024-01-11T00:00:00Z"]);
        assert_eq!(Batch::read(&recorded), Some(asked.batches().unwrap()[0]));
    }
}
