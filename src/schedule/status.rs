//! How far every task is, for people and as JSON.

use std::fmt::{self, Display, Formatter};

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::due::{Next, next};
use super::interval::{Interval, IntervalState};
use super::ledger::Ledger;
use super::task::{Task, Work};

/// How many of the newest failed intervals are listed.
const FAILED: usize = 100;

pub(crate) struct TaskStatus {
    task: Task,
    is_paused: bool,
    last_success: Option<Timestamp>,
    /// Newest first.
    failed: Vec<(Timestamp, Interval)>,
    open: Option<(Timestamp, Interval)>,
    next: Next,
}

pub(crate) fn statuses(tasks: &[Task], ledger: &mut Ledger, now: Timestamp) -> Vec<TaskStatus> {
    let status = |task: &Task| {
        let next = next(task, tasks, ledger, now);
        let intervals = || ledger.intervals(&task.unique_id);
        let last = intervals().rev().find(|(_, interval)| interval.state == IntervalState::Success);
        let is_of_today = |at: Timestamp| ledger.is_of_today(task, at);
        let is_failed = |interval: &Interval| interval.state == IntervalState::Failed;
        let failed = intervals().rev().filter(|(at, interval)| is_failed(interval) && is_of_today(*at));
        let failed = failed.map(|(at, interval)| (at, interval.clone())).collect();
        let open = intervals().find(|(at, interval)| !interval.state.is_settled() && is_of_today(*at));
        TaskStatus {
            task: task.clone(),
            is_paused: ledger.is_paused(&task.unique_id),
            last_success: last.map(|(at, _)| at),
            failed,
            open: open.map(|(at, interval)| (at, interval.clone())),
            next,
        }
    };
    tasks.iter().map(status).collect()
}

impl TaskStatus {
    pub(crate) fn name(&self) -> &str {
        &self.task.name
    }

    pub(crate) fn last_success(&self) -> Option<Timestamp> {
        self.last_success
    }

    pub(crate) fn failures(&self) -> usize {
        self.failed.len()
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Since when the next interval could have run; `None` where none is open.
    pub(crate) fn due_since(&self) -> Option<Timestamp> {
        match &self.next {
            Next::Run { logical_time }
            | Next::Wait { logical_time, .. }
            | Next::Look { logical_time, .. }
            | Next::InVain { logical_time, .. }
            | Next::Held { logical_time }
            | Next::Paused { logical_time } => Some(self.task.due_at(*logical_time)),
            Next::Later(_) | Next::Over => None,
        }
    }

    pub(crate) fn to_json(&self) -> Json {
        let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let interval = |(at, interval): &(Timestamp, Interval)| {
            json!({
                "interval_start": at.to_string(),
                "interval_end": self.task.following(*at).to_string(),
                "state": interval.state.name(),
                "attempt": interval.attempt,
                "not_before": text(interval.not_before),
                "started_at": text(interval.started_at),
                "message": interval.message,
            })
        };
        let (what, at, message) = self.coming();
        json!({
            "name": self.task.name,
            "kind": match self.task.work { Work::Job(_) => "job", Work::Node => "node" },
            "cron": self.task.cron.to_string(),
            "timezone": self.task.cron.zone_name().unwrap_or("UTC"),
            "paused": self.is_paused,
            "last_success": text(self.last_success),
            "failed_intervals": self.failed.len(),
            "failed": self.failed.iter().take(FAILED).map(interval).collect::<Vec<_>>(),
            "current": self.open.as_ref().map(interval),
            "next": {"state": what, "at": text(at), "message": message},
        })
    }

    /// A word for it, the interval or the time that it is about, and why.
    fn coming(&self) -> (&'static str, Option<Timestamp>, Option<&str>) {
        match &self.next {
            Next::Run { logical_time } => ("due", Some(*logical_time), None),
            Next::Wait { logical_time, message, .. } | Next::Look { logical_time, message, .. } => {
                ("waits", Some(*logical_time), Some(message))
            }
            Next::InVain { logical_time, message } => ("fails", Some(*logical_time), Some(message)),
            Next::Later(at) => ("later", Some(*at), None),
            Next::Held { logical_time } => ("held", Some(*logical_time), None),
            Next::Paused { logical_time } => ("paused", Some(*logical_time), None),
            Next::Over => ("over", None, None),
        }
    }
}

impl Display for TaskStatus {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let task = &self.task;
        let zone = task.cron.zone_name().map_or_else(String::new, |zone| format!(" ({zone})"));
        let paused = if self.is_paused { " (paused)" } else { "" };
        let last = self.last_success.map_or_else(|| "never".to_owned(), |at| at.to_string());
        let coming = match &self.next {
            Next::Run { logical_time } => format!("{logical_time} is due"),
            Next::Wait { logical_time, message, .. } | Next::Look { logical_time, message, .. } => {
                format!("{logical_time} waits for {message}")
            }
            Next::InVain { logical_time, message } => format!("{logical_time}: {message}"),
            Next::Later(at) => format!("at {at}"),
            Next::Held { logical_time } => format!("held back: {logical_time} failed"),
            Next::Paused { logical_time } => format!("{logical_time} is due when the task is resumed"),
            Next::Over => "none: the end date has passed".to_owned(),
        };
        write!(
            f,
            "{}{paused}\n  cron: {}{zone}\n  last success: {last}\n  failed intervals: {}",
            task.name,
            task.cron,
            self.failed.len()
        )?;
        if let Some((at, interval)) = self.failed.first() {
            let why = interval.message.lines().next().unwrap_or_default();
            write!(
                f,
                "\n    the latest: {at}: {why}\n    once it is mended: `rsdbt schedule retry {}`",
                task.name
            )?;
        }
        write!(f, "\n  next: {coming}")?;
        let Some((at, interval)) = &self.open else { return Ok(()) };
        write!(f, "\n  now: {at} {}, attempt {}", interval.state.name(), interval.attempt)?;
        if interval.message.is_empty() { Ok(()) } else { write!(f, " ({})", interval.message) }
    }
}
