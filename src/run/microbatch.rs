//! The batches of a run of a microbatch model: windows of time in UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::config::batches::{BatchSize, Lookback, instant};
use crate::diagnostic::{Diagnostic, Result};

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
#[derive(Debug, Clone)]
pub(super) struct Window<'a> {
    pub(super) model: &'a str,
    pub(super) size: BatchSize,
    pub(super) lookback: Lookback,
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
        if let Lookback::Each(back) = &self.lookback
            && self.asked_start.is_none()
            && self.incremental
        {
            let current = self.before(end);
            let of = |back: &i64| Batch {
                start: self.size.offset(current, -back),
                end: if *back == 0 { end } else { self.size.offset(current, 1 - back) },
            };
            return Ok(back.iter().map(of).collect());
        }
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
        let back = match &self.lookback {
            Lookback::All(number) => *number,
            Lookback::Each(_) => 0,
        };
        Ok(self.size.offset(self.before(checkpoint), -back))
    }

    /// The start of the last batch before. A time on the line belongs to the batch before it.
    fn before(&self, checkpoint: DateTime) -> DateTime {
        self.size.offset(checkpoint, -i64::from(self.size.floor(checkpoint) == checkpoint))
    }
}

/// The batch configs of a model.
pub(super) fn size_of(model: &str, config: &serde_json::Map<String, Value>) -> Result<BatchSize> {
    let begin = config.get("begin").and_then(Value::as_str).and_then(instant);
    let written = config.get("batch_size").and_then(Value::as_str);
    written.and_then(|text| BatchSize::parse(text, begin)).ok_or_else(|| {
        Diagnostic::runtime(
            "microbatch-without-batch-size",
            format!("Microbatch model '{model}' does not have a 'batch_size' config (one of ['hour', 'day', 'month', 'year']) specificed."),
        )
        .boxed()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn window(size: &str) -> Window<'static> {
        let begin = instant("2024-01-15");
        Window {
            model: "m",
            size: BatchSize::parse(size, begin).unwrap(),
            lookback: Lookback::All(1),
            begin,
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
        assert_eq!(labels(&window("day")), ["2024-01-15", "2024-01-16", "2024-01-17"]);
        assert_eq!(labels(&window("month")), ["2024-01"]);
    }

    #[test]
    fn later_runs_look_back() {
        let later = Window { incremental: true, ..window("day") };
        assert_eq!(labels(&later), ["2024-01-16", "2024-01-17"]);
        let asked =
            Window { asked_start: instant("2024-01-10 05:00:00"), asked_end: instant("2024-01-11"), ..later };
        assert_eq!(labels(&asked), ["2024-01-10"]);
        let recorded = asked.batches().unwrap()[0].recorded();
        assert_eq!(recorded, ["2024-01-10T00:00:00Z", "2024-01-11T00:00:00Z"]);
        assert_eq!(Batch::read(&recorded), Some(asked.batches().unwrap()[0]));
    }

    #[test]
    fn batches_that_are_not_neighbours() {
        let lookback = Lookback::read(&json!([7, 0, 1])).unwrap();
        let window = Window { incremental: true, lookback, ..window("day") };
        assert_eq!(labels(&window), ["2024-01-10", "2024-01-16", "2024-01-17"]);
        let batches = window.batches().unwrap();
        let ends = batches.iter().map(|batch| window.size.label(batch.end));
        assert_eq!(ends.collect::<Vec<_>>(), ["2024-01-11", "2024-01-17", "2024-01-18"]);
    }

    #[test]
    fn batches_of_several_units_are_counted_from_begin() {
        let of = |size: &str, now: &str| labels(&Window { now: now.parse().unwrap(), ..window(size) });
        assert_eq!(
            of("5 hours", "2024-01-16T02:30:00Z"),
            [
                "2024-01-15T00",
                "2024-01-15T05",
                "2024-01-15T10",
                "2024-01-15T15",
                "2024-01-15T20",
                "2024-01-16T01"
            ]
        );
        assert_eq!(of("1 week", "2024-01-29T00:00:00Z"), ["2024-01-15", "2024-01-22"]);
        assert_eq!(of("2 months", "2024-06-01T00:00:00Z"), ["2024-01", "2024-03", "2024-05"]);
        let earlier = Window {
            asked_start: instant("2024-01-14T23:00:00"),
            asked_end: instant("2024-01-15"),
            ..window("5 hours")
        };
        assert_eq!(labels(&earlier), ["2024-01-14T19"]);
    }
}
