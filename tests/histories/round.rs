//! What happens to all histories of a batch between two looks: which run, in what weather, with what company.

use std::time::Duration;

use super::change_log::{LOGS, Log};
use super::damage::Damage;
use super::facts::{Day, day_start};
use super::random::Random;
use super::sight::MART;
use super::stage::Setting;
use crate::support::Fault;

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
    /// the log of campaigns gains a column, which its merge refuses or not
    NewColumn {
        is_refused: bool,
    },
    /// a statement fails once, or the connection is lost at it
    Disturbed(Fault, usize),
    /// somebody else runs the same models at the same time, for a target with a schema of its own
    Visited,
}

/// Two targets that write the same mart.
const TARGETS: [&str; 2] = ["dev", "twin"];

#[derive(Debug, Clone)]
pub(super) struct Round {
    /// empty: all
    pub(super) models: &'static [&'static str],
    pub(super) periods: Periods,
    pub(super) weather: Weather,
    pub(super) damage: Option<Damage>,
    pub(super) target: usize,
    pub(super) threads: u32,
    /// Rows arrive while the run is at work; else they arrive after it.
    pub(super) writer: bool,
}

const SELECTIONS: [&[&str]; 6] =
    [&[], &[], &[], &["ad_lineitem", "unit", "campaign"], &[MART], &["unit", MART]];

impl Round {
    pub(super) fn draw(random: &mut Random, days: std::ops::Range<Day>, setting: &Setting) -> Self {
        Self {
            models: *random.pick(&SELECTIONS),
            periods: match random.below(8) {
                0 => Periods::All,
                1 => window(random, days),
                _ => Periods::Changed,
            },
            weather: weather(random, setting),
            damage: Damage::draw(random),
            target: random.below(2) as usize,
            threads: *random.pick(&[1, 4]),
            writer: random.one_in(2),
        }
    }

    /// Runs of a part need the rest of the project to be there, and so does what happens to it.
    pub(super) fn of_a_first_build(self) -> Self {
        let weather = match self.weather {
            Weather::NewColumn { .. } | Weather::Visited => Weather::Calm,
            weather => weather,
        };
        Self { models: &[], damage: None, weather, ..self }
    }

    /// The rows that came last are there, nothing else happens.
    pub(super) fn last(weather: Weather) -> Self {
        Self {
            models: &[],
            periods: Periods::Changed,
            weather,
            damage: None,
            target: 0,
            threads: 4,
            writer: false,
        }
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
            Weather::NewColumn { is_refused: true } if self.runs(Log::Campaign.model()) => {
                Some(Log::Campaign)
            }
            _ => None,
        }
    }

    /// Of several processes at once each has another target.
    pub(super) fn arguments(&self, process: usize) -> Vec<String> {
        let target = TARGETS[(self.target + process) % TARGETS.len()];
        let mut arguments = ["run", "--target", target, "--threads"].map(str::to_owned).to_vec();
        arguments.push(self.threads.to_string());
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

/// Of a run of all models, about.
const STATEMENTS: u32 = 200;

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

fn weather(random: &mut Random, setting: &Setting) -> Weather {
    let moment = Duration::from_millis(u64::from(random.below(320)));
    let fault = *random.pick(&[Fault::Fails, Fault::CutAfter, Fault::CutAfter, Fault::CutBefore]);
    match random.below(24) {
        0..=4 => Weather::Killed(moment),
        5 => Weather::Terminated(moment),
        6..=8 => Weather::TwoAtOnce,
        9 | 10 => Weather::TwoUnlocked(moment),
        11 | 12 => Weather::NullKeys(*random.pick(&LOGS), 1 + random.below(3)),
        13 | 14 => Weather::NewColumn { is_refused: setting.refuses_new_columns() },
        15..=18 => Weather::Disturbed(fault, 1 + random.below(STATEMENTS) as usize),
        19 => Weather::Visited,
        _ => Weather::Calm,
    }
}
