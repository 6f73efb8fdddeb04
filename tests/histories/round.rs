//! What happens to all histories of a batch between two looks: which run, in what weather, with what company.

use std::time::Duration;

use super::change_log::{LOGS, Log};
use super::facts::{Day, day_start};
use super::random::Random;
use super::sight::MART;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Periods {
    Changed,
    All,
    /// by hand, in seconds since 1970, the end not included
    Window {
        start: i64,
        end: i64,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weather {
    Calm,
    /// kill -9 of the process, after so long
    Killed(Duration),
    /// the server ends the sessions of the run, after so long
    Terminated(Duration),
    /// a second process does the same
    TwoAtOnce,
    /// the same, and after so long the server ends the session that keeps the second one waiting
    TwoUnlocked(Duration),
    /// so many rows without a key are in a log
    NullKeys(Log, u32),
}

#[derive(Debug, Clone)]
pub(super) struct Round {
    /// empty: all
    pub(super) models: &'static [&'static str],
    pub(super) periods: Periods,
    pub(super) weather: Weather,
    pub(super) threads: u32,
    /// Rows arrive while the run is at work; else they arrive after it.
    pub(super) writer: bool,
}

const SELECTIONS: [&[&str]; 6] =
    [&[], &[], &[], &["ad_lineitem", "unit", "campaign"], &[MART], &["unit", MART]];

impl Round {
    /// Runs of a part need the rest of the project to be there.
    pub(super) fn draw(random: &mut Random, days: std::ops::Range<Day>, all_is_built: bool) -> Self {
        let drawn = Self {
            models: *random.pick(&SELECTIONS),
            periods: match random.below(8) {
                0 => Periods::All,
                1 => window(random, days),
                _ => Periods::Changed,
            },
            weather: weather(random),
            threads: *random.pick(&[1, 4]),
            writer: random.one_in(2),
        };
        if all_is_built { drawn } else { Self { models: &[], ..drawn } }
    }

    /// The rows that came last are there, nothing else happens.
    pub(super) fn last() -> Self {
        Self { models: &[], periods: Periods::Changed, weather: Weather::Calm, threads: 4, writer: false }
    }

    pub(super) fn processes(&self) -> usize {
        if matches!(self.weather, Weather::TwoAtOnce | Weather::TwoUnlocked(_)) { 2 } else { 1 }
    }

    pub(super) fn runs(&self, model: &str) -> bool {
        self.models.is_empty() || self.models.contains(&model)
    }

    /// The log whose rows without a key stop the run.
    pub(super) fn refused(&self) -> Option<Log> {
        match self.weather {
            Weather::NullKeys(log, _) if self.runs(log.model()) => Some(log),
            _ => None,
        }
    }

    pub(super) fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["run".to_owned(), "--threads".into(), self.threads.to_string()];
        if !self.models.is_empty() {
            arguments.push("--select".into());
            arguments.extend(self.models.iter().map(|&model| model.to_owned()));
        }
        match self.periods {
            Periods::Changed => {}
            Periods::All => arguments.push("--full-refresh".into()),
            Periods::Window { start, end } => {
                let moment = |seconds| jiff::Timestamp::from_second(seconds).unwrap();
                let text = |seconds| moment(seconds).strftime("%Y-%m-%d %H:%M:%S").to_string();
                arguments.extend(["--event-time-start".into(), text(start)]);
                arguments.extend(["--event-time-end".into(), text(end)]);
            }
        }
        arguments
    }
}

/// Its edges lie on the edges of days, or within them.
fn window(random: &mut Random, days: std::ops::Range<Day>) -> Periods {
    let count = u32::try_from(days.end - days.start).unwrap();
    let mut edge = |first: Day, count| {
        let day = first + i64::from(random.below(count));
        day_start(day) + *random.pick(&[0, 9 * 3_600, 86_399])
    };
    let start = edge(days.start, count);
    let end = edge(days.start, count).max(start + 1);
    Periods::Window { start, end }
}

fn weather(random: &mut Random) -> Weather {
    let mut moment = || Duration::from_millis(u64::from(random.below(260)));
    let moment = moment();
    match random.below(16) {
        0..=3 => Weather::Killed(moment),
        4 => Weather::Terminated(moment),
        5 | 6 => Weather::TwoAtOnce,
        7 | 8 => Weather::TwoUnlocked(moment),
        9 | 10 => Weather::NullKeys(*random.pick(&LOGS), 1 + random.below(3)),
        _ => Weather::Calm,
    }
}
