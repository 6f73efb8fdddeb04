//! A node with a schedule.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::config::cron::Cron;
use crate::config::jobs::{CatchUp, Job, Sensor};
use crate::config::schedule::{Schedule, Upstream, moment};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::graph::Graph;
use crate::hashed::HashSet;
use crate::manifest::Manifest;

#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub unique_id: String,
    pub name: String,
    pub schedule: Schedule,
    pub cron: Cron,
    pub start: Timestamp,
    pub end: Option<Timestamp>,
    pub catch_up: CatchUp,
    pub work: Work,
}

/// What an interval of it runs.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    Node,
    Job(Arc<Job>),
}

impl Task {
    /// The logical time after one.
    pub(crate) fn following(&self, logical_time: Timestamp) -> Timestamp {
        self.cron.next_after(logical_time).unwrap_or(Timestamp::MAX)
    }

    /// Its logical times between two, the end not included.
    pub(crate) fn logical_times(&self, start: Timestamp, end: Timestamp) -> impl Iterator<Item = Timestamp> {
        let times = std::iter::successors(self.cron.next_from(start), |at| self.cron.next_after(*at));
        times.take_while(move |at| *at < end && !self.is_over(*at))
    }

    /// The logical time before one.
    pub(crate) fn preceding(&self, logical_time: Timestamp) -> Option<Timestamp> {
        const DAY: i64 = 24 * 60;
        let back = |minutes: i64| {
            let from = logical_time.checked_sub(SignedDuration::from_mins(minutes)).ok()?;
            self.cron.next_from(from).filter(|at| *at < logical_time)
        };
        // of minutes, hours, days, weeks, months, years, leap years
        let mut before = [10, 2 * 60, 2 * DAY, 15 * DAY, 63 * DAY, 2 * 367 * DAY, 9 * 366 * DAY]
            .into_iter()
            .find_map(back)?;
        while let Some(next) = self.cron.next_after(before).filter(|next| *next < logical_time) {
            before = next;
        }
        Some(before)
    }

    /// The first logical time that there is.
    pub(crate) fn first(&self) -> Option<Timestamp> {
        self.cron.next_from(self.start)
    }

    /// When an interval may run: at its end, and after the delay.
    pub(crate) fn due_at(&self, logical_time: Timestamp) -> Timestamp {
        let delay = SignedDuration::from_secs(i64::from(self.schedule.execution_delay_seconds));
        self.following(logical_time).checked_add(delay).unwrap_or(Timestamp::MAX)
    }

    /// What an interval waits for beside other tasks.
    pub(crate) fn sensors(&self) -> &[Sensor] {
        match &self.work {
            Work::Node => &[],
            Work::Job(job) => &job.sensors,
        }
    }

    /// Between start and end, and a time of the cron.
    pub(crate) fn has_interval(&self, logical_time: Timestamp) -> bool {
        logical_time >= self.start
            && !self.is_over(logical_time)
            && self.cron.next_from(logical_time) == Some(logical_time)
    }

    /// Whether it would wait for intervals of another one that never are. Now and then, as by the summer time of one of them,
    /// is another matter.
    pub(crate) fn never_meets(&self, other: &Self, upstream: &Upstream) -> bool {
        const LOOKED_AT: usize = 5;
        let shift = SignedDuration::from_secs(upstream.timedelta_seconds);
        let times = self.logical_times(self.start, Timestamp::MAX).take(LOOKED_AT);
        let mut needed = times.filter_map(|time| time.checked_sub(shift).ok()).peekable();
        needed.peek().is_some() && !needed.any(|time| other.cron.next_from(time) == Some(time))
    }

    /// How long after an attempt the next one comes.
    pub(crate) fn retry_delay(&self, attempt: u32) -> SignedDuration {
        let delay = SignedDuration::from_secs(i64::from(self.schedule.retry_delay_seconds));
        let Work::Job(job) = &self.work else { return delay };
        let times = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let longer = delay.as_secs_f64() * job.backoff.powi(times);
        SignedDuration::try_from_secs_f64(longer).unwrap_or(SignedDuration::MAX)
    }

    pub(crate) fn is_over(&self, logical_time: Timestamp) -> bool {
        self.end.is_some_and(|end| logical_time > end)
    }
}

/// A task that a target leaves alone, and why.
pub(crate) struct Other {
    pub name: String,
    pub why: String,
}

/// What has a schedule for another target, or waits for what has.
pub(super) fn of_other_targets(manifest: &Manifest, target: &str) -> Vec<Other> {
    let nodes = manifest.nodes.values().filter(|node| node.is_refable());
    let schedules: Vec<(&str, Schedule)> = nodes
        .filter_map(|node| Some((node.name.as_str(), Schedule::of_config(&node.config).ok().flatten()?)))
        .collect();
    let mut others: Vec<Other> = Vec::new();
    for (name, schedule) in &schedules {
        if let Some(conn_id) = schedule.conn_id.as_ref().filter(|conn_id| *conn_id != target) {
            others.push(Other { name: (*name).to_owned(), why: format!("conn_id: {conn_id}") });
        }
    }
    loop {
        let is_other = |name: &str| others.iter().any(|other| other.name == name);
        let waits = |(name, schedule): &(&str, Schedule)| {
            let upstream =
                schedule.upstream_dependencies.iter().find(|upstream| is_other(&upstream.dag_id))?;
            (!is_other(name))
                .then(|| Other { name: (*name).to_owned(), why: format!("waits for {}", upstream.dag_id) })
        };
        match schedules.iter().find_map(waits) {
            Some(other) => others.push(other),
            None => return others,
        }
    }
}

/// The tasks of a target, upstream first.
pub(super) fn tasks(manifest: &Manifest, graph: &Graph, target: &str) -> Result<Vec<Task>, Diagnostics> {
    let mut tasks = Vec::new();
    let mut problems = Vec::new();
    for unique_id in graph.levels().into_iter().flatten() {
        let Some(node) = manifest.nodes.get(unique_id).filter(|node| node.is_refable()) else { continue };
        let wrong = |message: String| {
            Diagnostic::parsing("schedule", message).subject(format!(
                "{} {} ({})",
                node.resource_type(),
                node.name,
                node.original_file_path
            ))
        };
        match Schedule::of_config(&node.config) {
            Err(message) => problems.push(wrong(message)),
            Ok(None) => {}
            Ok(Some(schedule)) if schedule.conn_id.as_deref().is_some_and(|conn_id| conn_id != target) => {}
            Ok(Some(schedule)) => {
                let (Ok(cron), Some(start)) = (Cron::parse(&schedule.cron), moment(&schedule.start_date))
                else {
                    continue;
                };
                let end = schedule.end_date.as_deref().and_then(moment);
                let catch_up = if schedule.catch_up { CatchUp::All } else { CatchUp::Latest };
                tasks.push(Task {
                    catch_up,
                    work: Work::Node,
                    unique_id: unique_id.to_owned(),
                    name: node.name.clone(),
                    schedule,
                    cron,
                    start,
                    end,
                });
            }
        }
    }
    let elsewhere: HashSet<String> =
        of_other_targets(manifest, target).into_iter().map(|other| other.name).collect();
    tasks.retain(|task| !elsewhere.contains(&task.name));
    for task in &tasks {
        for upstream in &task.schedule.upstream_dependencies {
            let wrong = |why: &str| {
                let message = format!("`{}` waits for `{}`, {why}", task.name, upstream.dag_id);
                Diagnostic::parsing("schedule", message)
            };
            if !tasks.iter().any(|other| other.name == upstream.dag_id) {
                problems.push(wrong("which has no schedule"));
            } else if upstream.dag_id == task.name && upstream.timedelta_seconds == 0 {
                problems.push(wrong("which is itself"));
            }
        }
    }
    if problems.is_empty() { Ok(tasks) } else { Err(Diagnostics(problems)) }
}
