//! Facts as they arrive, are upserted and withdrawn, and what the mart must say of each day: now, and at every
//! moment before.

use std::collections::{BTreeMap, BTreeSet};

/// Of the calendar in Seoul, since 1970-01-01.
pub(super) type Day = i64;

/// The first of February 2024: of a hundred histories some have the days on which clocks change.
pub(super) const FIRST_DAY: Day = 19_754;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Impression,
    Click,
}

impl Kind {
    pub(super) fn table(self) -> &'static str {
        match self {
            Self::Impression => "ad_impression",
            Self::Click => "ad_click",
        }
    }
}

/// How a fact is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gone {
    Deleted,
    Untimed,
}

/// The key that the sink upserts on; the moment is the day and microseconds into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FactKey {
    pub(super) kind: Kind,
    pub(super) user: u32,
    pub(super) lineitem: i64,
    pub(super) unit: i64,
    pub(super) day: Day,
    pub(super) into_day: i64,
}

/// The day's first moment in UTC, in seconds since 1970.
pub(super) fn day_start(day: Day) -> i64 {
    day * 86_400 - 9 * 3_600
}

impl FactKey {
    fn moment(&self) -> String {
        let microseconds = day_start(self.day) * 1_000_000 + self.into_day;
        format!("timestamp 'epoch' + {microseconds} * interval '1 microsecond'")
    }

    pub(super) fn upsert(&self, arriving: &str, revenue: Option<i64>) -> String {
        let revenue = revenue.map_or("null".to_owned(), |nanos| format!("{nanos} * 0.000000001"));
        format!(
            "insert into {arriving}.{} values ('{}', {}, {}, {revenue}, {}) \
             on conflict (user_id, created_at, unit_id, lineitem_id) do update set revenue = excluded.revenue",
            self.kind.table(),
            self.user,
            self.lineitem,
            self.unit,
            self.moment()
        )
    }

    /// Deleted, or left without an event time: then it belongs to no day.
    pub(super) fn withdraw(&self, arriving: &str, gone: Gone) -> String {
        let (start, end) = match gone {
            Gone::Deleted => ("delete from", ""),
            Gone::Untimed => ("update", " set created_at = null"),
        };
        format!(
            "{start} {arriving}.{}{end} where user_id = '{}' and lineitem_id = {} and unit_id = {} and created_at = {}",
            self.kind.table(),
            self.user,
            self.lineitem,
            self.unit,
            self.moment()
        )
    }
}

/// What the mart says of a line item and a unit on a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Measures {
    pub(super) impressions: i64,
    pub(super) clicks: i64,
    /// in 0.000000001; an empty sum is empty
    pub(super) revenue: Option<i64>,
}

/// One day of the mart, by line item and unit.
pub(super) type DayMeasures = BTreeMap<(i64, i64), Measures>;

/// One history's facts and every version of each of its days, the empty one first.
#[derive(Default)]
pub(super) struct Facts {
    present: BTreeMap<FactKey, Option<i64>>,
    versions: BTreeMap<Day, Vec<DayMeasures>>,
}

impl Facts {
    pub(super) fn upsert(&mut self, key: FactKey, revenue: Option<i64>) {
        self.present.insert(key, revenue);
        self.remember(key.day);
    }

    pub(super) fn withdraw(&mut self, key: &FactKey) {
        self.present.remove(key);
        self.remember(key.day);
    }

    pub(super) fn present(&self) -> BTreeMap<FactKey, Option<i64>> {
        self.present.clone()
    }

    /// All facts of a kind are these now.
    pub(super) fn replace(&mut self, kind: Kind, facts: &BTreeMap<FactKey, Option<i64>>) {
        let is_of_kind = |key: &FactKey| key.kind == kind;
        let known: BTreeMap<_, _> =
            facts.iter().filter(|(key, _)| is_of_kind(key)).map(|(key, revenue)| (*key, *revenue)).collect();
        let gone: BTreeSet<Day> =
            self.present.keys().filter(|key| is_of_kind(key)).map(|key| key.day).collect();
        let days: BTreeSet<Day> = known.keys().map(|key| key.day).chain(gone).collect();
        self.present.retain(|key, _| !is_of_kind(key));
        self.present.extend(known);
        for day in days {
            self.remember(day);
        }
    }

    fn remember(&mut self, day: Day) {
        let mut now = DayMeasures::new();
        for (key, revenue) in self.present.iter().filter(|(key, _)| key.day == day) {
            let measures = now.entry((key.lineitem, key.unit)).or_default();
            match key.kind {
                Kind::Impression => measures.impressions += 1,
                Kind::Click => measures.clicks += 1,
            }
            if let Some(revenue) = revenue {
                *measures.revenue.get_or_insert_default() += revenue;
            }
        }
        self.versions.entry(day).or_insert_with(|| vec![DayMeasures::new()]).push(now);
    }

    /// The number of the version that is true now.
    pub(super) fn version(&self, day: Day) -> usize {
        self.versions.get(&day).map_or(0, |versions| versions.len() - 1)
    }

    /// Was the day so, in one of the versions since this one?
    pub(super) fn was(&self, day: Day, since: usize, measures: &DayMeasures) -> bool {
        match self.versions.get(&day) {
            Some(versions) => versions[since..].contains(measures),
            None => measures.is_empty(),
        }
    }

    /// Had it facts in this version, and none in a later one?
    pub(super) fn vanished(&self, day: Day, since: usize) -> bool {
        let later = self.versions.get(&day).map_or(&[][..], |versions| &versions[since..]);
        later.first().is_some_and(|version| !version.is_empty()) && later.iter().any(BTreeMap::is_empty)
    }

    pub(super) fn versions_since(&self, day: Day, since: usize) -> String {
        let versions = self.versions.get(&day).map_or(&[][..], |versions| &versions[since..]);
        let lines: Vec<String> = versions.iter().map(|version| format!("\n    {version:?}")).collect();
        lines.concat()
    }
}
