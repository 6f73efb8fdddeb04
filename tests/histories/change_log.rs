//! The change logs that dimensions are merged from, and what a dimension must be after any part of its log.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Two of the ad mart's own, and one with a key of two columns and an order within a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Log {
    Lineitem,
    Unit,
    Campaign,
}

pub(super) const LOGS: [Log; 3] = [Log::Lineitem, Log::Unit, Log::Campaign];

/// A row with this value deletes its key.
pub(super) const GONE: &str = "GONE";

/// A row with this value is left out by the query of its model: it is never applied, and never leaves the log.
pub(super) const HELD: &str = "HELD";

/// A staged row; its serial number, which is also its `created_at`, tells it from every other one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row {
    pub(super) key: (i64, i64),
    pub(super) value: String,
    pub(super) moment: Option<i64>,
    pub(super) position: Option<i64>,
    pub(super) serial: i64,
    /// of the column that a log gains
    pub(super) note: Option<i64>,
}

impl Log {
    pub(super) fn model(self) -> &'static str {
        match self {
            Self::Lineitem => "ad_lineitem",
            Self::Unit => "unit",
            Self::Campaign => "campaign",
        }
    }

    pub(super) fn values(self) -> &'static [&'static str] {
        match self {
            Self::Lineitem => &["CPM", "CPC", "CPA"],
            Self::Unit => &["BANNER", "VIDEO", "NATIVE", GONE],
            Self::Campaign => &["spring", "summer", GONE, HELD],
        }
    }

    pub(super) fn value_column(self) -> &'static str {
        match self {
            Self::Lineitem => "revenue_type",
            Self::Unit => "unit_type",
            Self::Campaign => "name",
        }
    }

    /// The last column of the key.
    pub(super) fn key_column(self) -> &'static str {
        if self == Self::Campaign { "region" } else { "id" }
    }

    pub(super) fn insert(self, arriving: &str, row: &Row) -> String {
        let Row { key: (id, region), value, moment, position, serial, note } = row;
        let (mut columns, mut more) = (String::new(), String::new());
        if self == Self::Campaign {
            columns.push_str(", region, position");
            let _ = write!(more, ", {region}, {}", literal(*position));
        }
        if let Some(note) = note {
            columns.push_str(", note");
            let _ = write!(more, ", {note}");
        }
        format!(
            "insert into {arriving}.{}_staging (id, {}, created_at, updated_at{columns}) \
             values ({id}, '{value}', {}, {}{more})",
            self.model(),
            self.value_column(),
            moment_literal(Some(*serial)),
            moment_literal(*moment)
        )
    }

    /// The columns of a row, from the staging table as from the dimension, which may have a note or not.
    pub(super) fn columns(self, with_note: bool) -> String {
        let more = if self == Self::Campaign { "region, position" } else { "0, null" };
        let note = if with_note { "note" } else { "null" };
        format!(
            "id, {}, extract(epoch from updated_at)::bigint, extract(epoch from created_at)::bigint, {more}, {note}",
            self.value_column()
        )
    }
}

fn literal(number: Option<i64>) -> String {
    number.map_or("null".to_owned(), |number| number.to_string())
}

fn moment_literal(seconds: Option<i64>) -> String {
    seconds
        .map_or("null".to_owned(), |seconds| format!("timestamp 'epoch' + {seconds} * interval '1 second'"))
}

/// Everything ever staged for one history, and what of it has been applied.
#[derive(Default)]
pub(super) struct ChangeLog {
    pub(super) ever: Vec<Row>,
    applied: Vec<Row>,
    /// The dimension does not have the column that the log gained.
    pub(super) discards_notes: bool,
}

/// What a run must have done to a log.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Merge {
    /// Its model ran and ended well: all rows but the last few, which arrived meanwhile, are applied.
    Done { meanwhile: usize },
    /// It did not run, or refused the log.
    Nothing,
    /// It was killed, or had company.
    Any,
}

impl ChangeLog {
    /// Exactly the applied rows have left the log, and the dimension is the latest of them per key.
    pub(super) fn check(&mut self, merge: Merge, staged: &[Row], merged: &[Row]) -> Result<(), String> {
        let applied = without(&self.ever, staged)?;
        if let Some(row) = applied.iter().find(|row| row.value == HELD) {
            return Err(format!("the query leaves this row out, but it was consumed: {row:?}"));
        }
        let staged: Vec<Row> = staged.iter().filter(|row| row.value != HELD).cloned().collect();
        match merge {
            Merge::Nothing if applied != self.applied => {
                return Err(format!(
                    "nothing was to be applied, but {:?} was",
                    without(&applied, &self.applied)
                ));
            }
            Merge::Done { meanwhile } => {
                let arrived = &self.ever[self.ever.len() - meanwhile..];
                without(arrived, &staged).map_err(|row| format!("not applied: {row}"))?;
            }
            _ => {}
        }
        self.applied = applied;
        self.is_latest(merged)
    }

    /// Somebody emptied the staging table: what was not applied never will be.
    pub(super) fn lose_staged(&mut self) {
        self.ever.clone_from(&self.applied);
    }

    /// Of rows of one key, moment and position any may have won.
    fn is_latest(&self, merged: &[Row]) -> Result<(), String> {
        let mut latest: BTreeMap<(i64, i64), Vec<&Row>> = BTreeMap::new();
        for row in &self.applied {
            let rows = latest.entry(row.key).or_default();
            // an empty moment counts as the oldest, as `None` does
            let order = |row: &Row| (row.moment, row.position);
            match rows.first().map(|best| order(row).cmp(&order(best))) {
                Some(std::cmp::Ordering::Less) => continue,
                Some(std::cmp::Ordering::Greater) => rows.clear(),
                _ => {}
            }
            rows.push(row);
        }
        for row in merged {
            let may_be = latest.remove(&row.key).unwrap_or_default();
            let is_it = |applied: &&Row| match self.discards_notes {
                true => Row { note: None, ..(*applied).clone() } == *row,
                false => *applied == row,
            };
            if row.value == GONE || !may_be.iter().any(is_it) {
                return Err(format!("the dimension has {row:?}, the latest applied is {may_be:?}"));
            }
        }
        match latest.values().find(|rows| rows.iter().all(|row| row.value != GONE)) {
            Some(rows) => Err(format!("the dimension lacks {rows:?}")),
            None => Ok(()),
        }
    }
}

/// The rows that remain, sorted; a row that was not there is an error.
fn without(rows: &[Row], taken: &[Row]) -> Result<Vec<Row>, String> {
    let mut left = rows.to_vec();
    left.sort();
    for row in taken {
        let place = left.binary_search(row).map_err(|_| format!("{row:?}"))?;
        left.remove(place);
    }
    Ok(left)
}

#[test]
fn the_oracle_of_a_dimension_knows_right_from_wrong() {
    let row =
        |serial, moment| Row { key: (1, 0), value: "CPM".into(), moment, position: None, serial, note: None };
    let (old, new) = (row(1, Some(1)), row(2, Some(2)));
    let mut log = ChangeLog { ever: vec![new.clone(), old.clone(), row(3, None)], ..ChangeLog::default() };
    log.check(Merge::Done { meanwhile: 0 }, &[], std::slice::from_ref(&new)).unwrap();
    log.check(Merge::Nothing, std::slice::from_ref(&new), std::slice::from_ref(&old)).unwrap_err();
    log.check(Merge::Done { meanwhile: 0 }, std::slice::from_ref(&old), std::slice::from_ref(&new))
        .unwrap_err();
    log.check(Merge::Any, &[], std::slice::from_ref(&old)).unwrap_err();
    log.check(Merge::Any, &[], &[]).unwrap_err();
    log.check(Merge::Any, &[row(4, None)], &[]).unwrap_err();
    let held = Row { value: HELD.into(), ..row(5, None) };
    log.ever.push(held.clone());
    log.check(Merge::Done { meanwhile: 0 }, std::slice::from_ref(&held), std::slice::from_ref(&new)).unwrap();
    log.check(Merge::Any, &[], std::slice::from_ref(&new)).unwrap_err();
    let noted = Row { note: Some(6), ..row(6, Some(3)) };
    log.ever.push(noted.clone());
    let bare = Row { note: None, ..noted.clone() };
    log.check(Merge::Any, std::slice::from_ref(&held), std::slice::from_ref(&noted)).unwrap();
    log.check(Merge::Any, std::slice::from_ref(&held), std::slice::from_ref(&bare)).unwrap_err();
    log.discards_notes = true;
    log.check(Merge::Any, std::slice::from_ref(&held), std::slice::from_ref(&bare)).unwrap();
    log.lose_staged();
    log.check(Merge::Nothing, &[], std::slice::from_ref(&bare)).unwrap();
}
