//! One history: the rows of a few keys and days that no other history shares, drawn one after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::change_log::{ChangeLog, LOGS, Log, Row};
use super::facts::{Day, FIRST_DAY, FactKey, Facts, Gone, Kind};
use super::mart::MartMarks;
use super::random::Random;

const DAYS: i64 = 3;

/// Into a day: its edges, where a wrong time zone shows, and the hours in which clocks change elsewhere.
const MICROSECONDS: [i64; 10] = [
    0,
    1,
    1_800_000_000,
    9 * 3_600_000_000,
    10 * 3_600_000_000 - 1,
    10 * 3_600_000_000 + 1,
    13 * 3_600_000_000 + 1,
    14 * 3_600_000_000 + 1,
    15 * 3_600_000_000 + 1,
    86_400_000_000 - 1,
];

/// A row that arrives, or one that is taken back.
#[derive(Debug, Clone)]
pub(super) enum Arrival {
    Staged(Log, Row),
    Fact(FactKey, Option<i64>),
    Withdrawn(FactKey, Gone),
}

impl Arrival {
    pub(super) fn sql(&self, arriving: &str) -> String {
        match self {
            Self::Staged(log, row) => log.insert(arriving, row),
            Self::Fact(key, revenue) => key.upsert(arriving, *revenue),
            Self::Withdrawn(key, gone) => key.withdraw(arriving, *gone),
        }
    }
}

pub(super) struct History {
    pub(super) number: i64,
    random: Random,
    /// The rows and facts drawn so far, arrived or not: a fact may be withdrawn within the run that it arrives in.
    drawn: [Vec<Row>; 3],
    keys: BTreeSet<FactKey>,
    serial: i64,
    /// The campaigns' log has the column that it gains.
    pub(super) has_notes: bool,
    saved: BTreeMap<FactKey, Option<i64>>,
    pub(super) logs: [ChangeLog; 3],
    pub(super) facts: Facts,
    pub(super) mart: MartMarks,
    /// What happened, for the reader of a failure.
    pub(super) told: Vec<String>,
}

impl History {
    pub(super) fn new(number: i64, seed: u64) -> Self {
        Self {
            number,
            random: Random::new(seed, 1 + number.unsigned_abs()),
            drawn: Default::default(),
            keys: BTreeSet::new(),
            serial: 0,
            has_notes: false,
            saved: BTreeMap::new(),
            logs: Default::default(),
            facts: Facts::default(),
            mart: MartMarks::default(),
            told: Vec::new(),
        }
    }

    pub(super) fn days(&self) -> Range<Day> {
        Self::days_of(self.number..self.number + 1)
    }

    pub(super) fn days_of(histories: Range<i64>) -> Range<Day> {
        FIRST_DAY + histories.start * DAYS..FIRST_DAY + histories.end * DAYS
    }

    /// The history that an id belongs to.
    pub(super) fn of_id(id: i64) -> i64 {
        id / 10
    }

    pub(super) fn of_day(day: Day) -> i64 {
        (day - FIRST_DAY).div_euclid(DAYS)
    }

    fn id(&mut self, bound: u32) -> i64 {
        self.number * 10 + i64::from(self.random.below(bound))
    }

    /// The next rows; `deletes` says whether the unit's log has them.
    pub(super) fn arrivals(&mut self, deletes: bool) -> Vec<Arrival> {
        (0..self.random.below(6))
            .map(|_| match self.random.below(10) {
                0..=3 => self.staged(deletes),
                4..=7 => self.fact(),
                8 => self.upsert_of_old_key(),
                _ => self.withdrawn(),
            })
            .collect()
    }

    /// Moments are few, so that there are ties and disorder; some rows are delivered again.
    fn staged(&mut self, deletes: bool) -> Arrival {
        let log = *self.random.pick(&LOGS);
        let drawn = &self.drawn[log as usize];
        if !drawn.is_empty() && self.random.one_in(5) {
            return Arrival::Staged(log, self.random.pick(drawn).clone());
        }
        let values = log.values();
        let values = if log == Log::Unit && !deletes { &values[..3] } else { values };
        let value = (*self.random.pick(values)).to_owned();
        let moment = (!self.random.one_in(12)).then(|| i64::from(self.random.below(8)));
        let (region, position) = match log {
            Log::Campaign => {
                let position = (!self.random.one_in(8)).then(|| i64::from(self.random.below(3)));
                (i64::from(self.random.below(2)), position)
            }
            _ => (0, None),
        };
        self.serial += 1;
        let note = (log == Log::Campaign && self.has_notes).then_some(self.serial);
        let row = Row { key: (self.id(3), region), value, moment, position, serial: self.serial, note };
        self.drawn[log as usize].push(row.clone());
        Arrival::Staged(log, row)
    }

    fn fact(&mut self) -> Arrival {
        let kind = *self.random.pick(&[Kind::Impression, Kind::Click]);
        let key = FactKey {
            kind,
            user: self.random.below(3),
            lineitem: self.id(3),
            unit: self.id(2),
            day: self.days().start + i64::from(self.random.below(3)),
            into_day: *self.random.pick(&MICROSECONDS),
        };
        self.keys.insert(key);
        Arrival::Fact(key, self.revenue())
    }

    fn revenue(&mut self) -> Option<i64> {
        (!self.random.one_in(15)).then(|| i64::from(self.random.below(2_000_000_000)) - 1_000_000)
    }

    fn old_key(&mut self) -> Option<FactKey> {
        let keys: Vec<FactKey> = self.keys.iter().copied().collect();
        (!keys.is_empty()).then(|| *self.random.pick(&keys))
    }

    fn upsert_of_old_key(&mut self) -> Arrival {
        match self.old_key() {
            Some(key) => Arrival::Fact(key, self.revenue()),
            None => self.fact(),
        }
    }

    fn withdrawn(&mut self) -> Arrival {
        match self.old_key() {
            Some(key) => {
                self.keys.remove(&key);
                Arrival::Withdrawn(key, *self.random.pick(&[Gone::Deleted, Gone::Untimed]))
            }
            None => self.fact(),
        }
    }

    pub(super) fn save_inputs(&mut self) {
        self.saved = self.facts.present();
    }

    pub(super) fn lose_input(&mut self, kind: Kind) {
        self.facts.replace(kind, &BTreeMap::new());
    }

    pub(super) fn restore_input(&mut self, kind: Kind) {
        self.facts.replace(kind, &self.saved);
    }

    /// The oracle learns what the database was given.
    pub(super) fn record(&mut self, arrivals: &[Arrival]) {
        for arrival in arrivals {
            self.told.push(format!("  {arrival:?}"));
            match arrival {
                Arrival::Staged(log, row) => self.logs[*log as usize].ever.push(row.clone()),
                Arrival::Fact(key, revenue) => self.facts.upsert(*key, *revenue),
                Arrival::Withdrawn(key, _) => self.facts.withdraw(key),
            }
        }
    }
}
