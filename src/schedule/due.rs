//! What a task does next.

use jiff::{SignedDuration, Timestamp};

use super::interval::IntervalState;
use super::ledger::Ledger;
use super::sensed::Sight;
use super::task::Task;
use crate::config::jobs::CatchUp;

/// The next step of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    Run {
        logical_time: Timestamp,
    },
    /// Something upstream has not succeeded: look again later.
    Wait {
        logical_time: Timestamp,
        since: Timestamp,
        until: Timestamp,
        message: String,
    },
    /// A sensor is to be looked at.
    Look {
        logical_time: Timestamp,
        sensor: usize,
        message: String,
    },
    /// It waited longer than it may, or for what will never come.
    InVain {
        logical_time: Timestamp,
        message: String,
    },
    /// Somebody has paused the task.
    Paused {
        logical_time: Timestamp,
    },
    /// Nothing to do before this time.
    Later(Timestamp),
    /// A failed interval holds back all later ones.
    Held {
        logical_time: Timestamp,
    },
    /// The end date has passed.
    Over,
}

/// Intervals come in their order; one that waits holds back those after it.
pub(crate) fn next(task: &Task, tasks: &[Task], ledger: &mut Ledger, now: Timestamp) -> Next {
    // where intervals may be left out, what was begun is finished first: its rows are there in part
    if task.catch_up != CatchUp::All
        && let Some(logical_time) = ledger.unfinished(task)
    {
        return open(task, tasks, ledger, logical_time, now);
    }
    let Some(mut logical_time) = first_open(task, ledger) else { return Next::Over };
    if task.catch_up != CatchUp::All {
        logical_time = last_due(task, logical_time, now);
    }
    let is_missed = |at| ledger.interval(&task.unique_id, at).is_none() && task.due_at(at) < ledger.since();
    if task.catch_up == CatchUp::None && is_missed(logical_time) {
        logical_time = task.following(logical_time);
    }
    loop {
        if task.is_over(logical_time) {
            return Next::Over;
        }
        match ledger.outcome(task, logical_time) {
            Some(IntervalState::Success) => {}
            Some(IntervalState::Failed) if task.schedule.depends_on_past => {
                return Next::Held { logical_time };
            }
            Some(IntervalState::Failed) => {}
            _ => return open(task, tasks, ledger, logical_time, now),
        }
        logical_time = task.following(logical_time);
        ledger.settle(&task.unique_id, logical_time);
    }
}

/// The first interval that the ledger does not know to be over.
fn first_open(task: &Task, ledger: &Ledger) -> Option<Timestamp> {
    let mut first = task.first()?;
    // of another cron, what is done may end before the first interval that begins after the start: its rest belongs to the one before
    if let Some(until) = ledger.open_since(task, first).filter(|until| *until < first) {
        first = task.preceding(first).filter(|before| *before <= until).unwrap_or(first);
    }
    Some(match ledger.settled_until(&task.unique_id) {
        Some(settled) if settled >= first => settled,
        _ => first,
    })
}

/// Looked for from near by: since `from` there may have been millions.
fn last_due(task: &Task, from: Timestamp, now: Timestamp) -> Timestamp {
    const HOUR: i64 = 60;
    const DAY: i64 = 24 * HOUR;
    let near = |minutes: i64| {
        let delay = i64::from(task.schedule.execution_delay_seconds);
        let back = SignedDuration::from_secs(delay).checked_add(SignedDuration::from_mins(minutes))?;
        let logical_time = task.cron.next_from(now.checked_sub(back).ok()?)?;
        (logical_time > from && task.due_at(logical_time) <= now && !task.is_over(logical_time))
            .then_some(logical_time)
    };
    // the last interval that is due began two of its lengths ago at most: of minutes, an hour, a day, a week, a month, a year, leap years
    let steps = [10, 2 * HOUR, 2 * DAY + HOUR, 15 * DAY, 63 * DAY, 2 * 367 * DAY, 9 * 366 * DAY];
    let mut logical_time = steps.into_iter().find_map(near).unwrap_or(from);
    loop {
        let following = task.following(logical_time);
        if following == Timestamp::MAX || task.due_at(following) > now || task.is_over(following) {
            return logical_time;
        }
        logical_time = following;
    }
}

fn open(task: &Task, tasks: &[Task], ledger: &Ledger, logical_time: Timestamp, now: Timestamp) -> Next {
    let due = task.due_at(logical_time);
    if due > now {
        return Next::Later(due);
    }
    if ledger.is_paused(&task.unique_id) {
        return Next::Paused { logical_time };
    }
    let interval = ledger.interval(&task.unique_id, logical_time);
    if let Some(until) = interval.and_then(|interval| interval.not_before).filter(|until| *until > now) {
        return Next::Later(until);
    }
    let waiting = interval.filter(|interval| interval.waits());
    let since = waiting.and_then(|interval| interval.started_at).unwrap_or(now);
    for upstream in &task.schedule.upstream_dependencies {
        let shift = SignedDuration::from_secs(upstream.timedelta_seconds);
        let Ok(needed) = logical_time.checked_sub(shift) else { continue };
        let Some(other) = tasks.iter().find(|other| other.name == upstream.dag_id) else { continue };
        let in_vain = |message: String| Next::InVain { logical_time, message };
        match ledger.outcome(other, needed) {
            Some(IntervalState::Success) => continue,
            Some(IntervalState::Failed) => return in_vain(format!("{} of {needed} failed", upstream.dag_id)),
            None if !other.has_interval(needed) => {
                return in_vain(format!("{} has no interval at {needed}", upstream.dag_id));
            }
            _ => {}
        }
        let timeout = SignedDuration::from_secs(i64::from(upstream.timeout));
        if now.duration_since(since) >= timeout {
            let message =
                format!("{} of {needed} did not succeed within {} s", upstream.dag_id, upstream.timeout);
            return in_vain(message);
        }
        let poke = SignedDuration::from_secs(i64::from(upstream.poke_interval.max(1)));
        let patience = since.checked_add(timeout).unwrap_or(Timestamp::MAX);
        let until = now.checked_add(poke).unwrap_or(Timestamp::MAX).min(patience);
        return Next::Wait {
            logical_time,
            since,
            until,
            message: format!("{} of {needed}", upstream.dag_id),
        };
    }
    sense(task, ledger, logical_time, [since, now]).unwrap_or(Next::Run { logical_time })
}

/// What is missing of what the sensors look at.
fn sense(
    task: &Task,
    ledger: &Ledger,
    logical_time: Timestamp,
    [since, now]: [Timestamp; 2],
) -> Option<Next> {
    let interval = [logical_time, task.following(logical_time)];
    for (at, sensor) in task.sensors().iter().enumerate() {
        let sight = ledger.sight(&task.unique_id, logical_time, at);
        let again = match sight {
            Some(Sight::Met) => continue,
            Some(Sight::Missing { again }) => Some(again).filter(|again| *again > now),
            None => None,
        };
        let message = sensor.title(interval, task.cron.zone());
        let timeout = SignedDuration::from_secs(i64::from(sensor.timeout_seconds));
        // it is looked at once at least, however long nobody did
        if sight.is_some() && now.duration_since(since) >= timeout {
            let message = format!("{message}: not there within {} s", sensor.timeout_seconds);
            return Some(Next::InVain { logical_time, message });
        }
        let patience = since.checked_add(timeout).unwrap_or(Timestamp::MAX);
        return Some(match again {
            Some(until) => Next::Wait { logical_time, since, until: until.min(patience), message },
            None => Next::Look { logical_time, sensor: at, message },
        });
    }
    None
}
