//! What the mart must be after a round: which days were to be built again, which were not to be touched, and what
//! both must say.

use std::collections::{BTreeMap, BTreeSet};

use super::change_log::Log;
use super::facts::{Day, DayMeasures};
use super::history::History;
use super::sight::{MartRow, Seen};

const UNKNOWN: &str = "UNKNOWN";

/// Versions of a day, by day: the first one that the mart may show, and the one since which it may be out of date.
#[derive(Default)]
pub(super) struct MartMarks {
    shown: BTreeMap<Day, usize>,
    known: BTreeMap<Day, usize>,
    start: BTreeMap<Day, usize>,
    /// Somebody changed the table's rows of them, and no run has built them since.
    damaged: BTreeSet<Day>,
    /// A run by a window found that they had become known, and left them to the next run without one.
    promised: BTreeSet<Day>,
}

/// What a run was to do about a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Duty {
    /// The mart was not asked for, or could not be built.
    Leave,
    /// To build what changed, and only that.
    BringUpToDate,
    /// To build it, changed or not.
    Build,
    /// The same, by a window: where all facts go after the run has looked for changes, it keeps its rows.
    BuildOrKeep,
    /// The run asked for other days.
    Spare,
}

pub(super) struct MartRun<'a> {
    pub(super) duty: &'a dyn Fn(Day) -> Duty,
    /// It ended well: what was to be done is done.
    pub(super) ended_well: bool,
    /// One process alone: what it built shows the dimensions as they are after it.
    pub(super) alone: bool,
    pub(super) first_build: bool,
    /// It said that it kept periods that have no facts.
    pub(super) has_kept: bool,
    pub(super) before: &'a Seen,
    pub(super) after: &'a Seen,
}

impl History {
    pub(super) fn mark_start(&mut self) {
        self.mart.start = self.days().map(|day| (day, self.facts.version(day))).collect();
    }

    /// Somebody changed the mart's table: a day may be empty or old until it is built again, and must be built again.
    /// In a new table all days are.
    pub(super) fn note_damage(&mut self, before: &Seen, after: &Seen, is_new: bool) {
        for day in self.days() {
            if is_new || before.mart.get(&day) != after.mart.get(&day) {
                self.mart.damaged.insert(day);
                self.mart.shown.insert(day, 0);
            }
        }
    }

    /// A reader saw this while the run was at work.
    pub(super) fn check_glimpse(&self, day: Day, measures: &DayMeasures) -> Result<(), String> {
        let since = mark(&self.mart.shown, day);
        if self.facts.was(day, since, measures) {
            return Ok(());
        }
        let versions = self.facts.versions_since(day, since);
        Err(format!("a reader saw day {day} as\n    {measures:?}\n  it was, one after the other,{versions}"))
    }

    pub(super) fn check_mart(&mut self, run: &MartRun<'_>) -> Result<(), String> {
        for day in self.days() {
            self.check_day(day, run).map_err(|reason| format!("day {day}: {reason}"))?;
        }
        Ok(())
    }

    fn check_day(&mut self, day: Day, run: &MartRun<'_>) -> Result<(), String> {
        let rows = |seen: &Seen| seen.mart.get(&day).cloned().unwrap_or_default();
        let (before, after) = (rows(run.before), rows(run.after));
        let duty = (run.duty)(day);
        let built = before != after;
        let start = mark(&self.mart.start, day);
        let measures = measures_of(&after)?;
        let was_since_start = self.facts.was(day, start, &measures);
        let may_be_kept =
            duty == Duty::BuildOrKeep && !built && run.has_kept && self.facts.vanished(day, start);
        let fulfilled = run.ended_well
            && matches!(duty, Duty::BringUpToDate | Duty::Build | Duty::BuildOrKeep)
            && !may_be_kept;
        if (built || fulfilled) && !was_since_start {
            let versions = self.facts.versions_since(day, start);
            return Err(format!(
                "the mart has\n    {measures:?}\n  the facts were, one after the other,{versions}"
            ));
        }
        if built {
            self.may_be_built(day, duty, &before, run)?;
            attributes_are_right(&after, run)?;
        }
        if duty == Duty::Spare && became_known(&before, run) {
            self.mart.promised.insert(day);
        }
        if fulfilled {
            if duty != Duty::BringUpToDate && !built && !(before.is_empty() && after.is_empty()) {
                return Err("it was to be built again, but was not".into());
            }
            if let Some(row) = after.iter().find(|row| is_outdated_unknown(row, run.after)) {
                return Err(format!("still unknown, though it has arrived: {row:?}"));
            }
            self.mart.known.insert(day, start);
        }
        if built || fulfilled {
            self.mart.damaged.remove(&day);
            self.mart.promised.remove(&day);
            self.mart.shown.insert(day, start);
        }
        Ok(())
    }

    /// Exactly the days that changed, that became known, or that were asked for.
    fn may_be_built(
        &self,
        day: Day,
        duty: Duty,
        before: &[MartRow],
        run: &MartRun<'_>,
    ) -> Result<(), String> {
        let changed = self.facts.version(day) > mark(&self.mart.known, day);
        let damaged = self.mart.damaged.contains(&day);
        let became_known = became_known(before, run) || self.mart.promised.contains(&day);
        match duty {
            _ if run.first_build && duty != Duty::Leave => Ok(()),
            Duty::Build | Duty::BuildOrKeep => Ok(()),
            Duty::BringUpToDate if changed || damaged || became_known => Ok(()),
            Duty::BringUpToDate => Err("it was built again, but nothing had changed".into()),
            Duty::Leave | Duty::Spare => Err("it was built, but not asked for".into()),
        }
    }
}

fn mark(marks: &BTreeMap<Day, usize>, day: Day) -> usize {
    marks.get(&day).copied().unwrap_or_default()
}

fn measures_of(rows: &[MartRow]) -> Result<DayMeasures, String> {
    let measures: DayMeasures = rows.iter().map(|row| ((row.lineitem, row.unit), row.measures)).collect();
    if measures.len() == rows.len() { Ok(measures) } else { Err(format!("two rows of one grain: {rows:?}")) }
}

fn value_of(seen: &Seen, log: Log, id: i64) -> Option<&str> {
    let mut rows = seen.merged[log as usize].iter();
    rows.find(|row| row.key.0 == id).map(|row| row.value.as_str())
}

fn is_unknown(row: &MartRow) -> bool {
    row.revenue_type == UNKNOWN || row.unit_type == UNKNOWN
}

/// Of two processes the second may have deleted what had become known to the first.
fn became_known(before: &[MartRow], run: &MartRun<'_>) -> bool {
    before.iter().any(|row| is_outdated_unknown(row, run.after) || !run.alone && is_unknown(row))
}

fn is_outdated_unknown(row: &MartRow, now: &Seen) -> bool {
    let is = |shown: &str, log, id| shown == UNKNOWN && value_of(now, log, id).is_some();
    is(&row.revenue_type, Log::Lineitem, row.lineitem) || is(&row.unit_type, Log::Unit, row.unit)
}

/// Of two processes at once the first may have seen the dimensions of any moment: any value of the log, or none.
fn attributes_are_right(rows: &[MartRow], run: &MartRun<'_>) -> Result<(), String> {
    for row in rows {
        let shown = [(Log::Lineitem, row.lineitem, &row.revenue_type), (Log::Unit, row.unit, &row.unit_type)];
        for (log, id, value) in shown {
            let now = value_of(run.after, log, id).unwrap_or(UNKNOWN);
            let is_right = if run.alone {
                value == now
            } else {
                value == UNKNOWN || log.values().contains(&value.as_str())
            };
            if !is_right {
                return Err(format!("{log:?} {id} is {now}, the mart has {row:?}"));
            }
        }
    }
    Ok(())
}
