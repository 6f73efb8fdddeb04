//! `rsdbt schedule clear`, `rsdbt schedule retry` and `rsdbt schedule mark-success`: the way out when an interval has failed for good.

use jiff::Timestamp;

use super::connect::Connect;
use super::invocation::Invocation;
use super::scheduler::{open_ledger, plan_of};
use super::session::Session;
use super::{CommandResult, Outcome};
use crate::config::schedule::moment;
use crate::diagnostic::{Diagnostic, Result, did_you_mean};
use crate::options::table::{INTERVAL_END, INTERVAL_START, TASK};
use crate::run::Event;
use crate::schedule::{Clock, Interval, IntervalState, Ledger, Task};

/// Forgets what became of intervals, so that they run again when the schedule does.
pub(super) fn clear(invocation: &Invocation) -> CommandResult {
    let mut repair = Repair::new(invocation)?;
    let range = range(invocation)?;
    let intervals: Vec<(Timestamp, IntervalState)> = repair
        .ledger
        .intervals(&repair.task.unique_id)
        .filter(|(at, interval)| match &range {
            Some(range) => range.contains(at),
            None => interval.state == IntervalState::Failed,
        })
        .map(|(at, interval)| (at, interval.state))
        .collect();
    if let Some(range) = &range
        && let Some(until) =
            repair.ledger.past_until(&repair.task.unique_id).filter(|until| range.start < *until)
    {
        let message = format!("what succeeded before {until} has no rows any more and cannot be cleared");
        return Err(Diagnostic::runtime("schedule-past", message)
            .help(format!("begin with `--interval-start '{}'`", spelled(until)))
            .into());
    }
    for (at, state) in &intervals {
        repair.say(&format!("{at} {}: {} is cleared", repair.task.name, state.name()));
    }
    let times: Vec<Timestamp> = intervals.into_iter().map(|(at, _)| at).collect();
    repair.ledger.clear(&repair.task.unique_id, &times)?;
    repair.end(times.len(), "cleared: what is due runs again")
}

/// Opens failed intervals again, with all their attempts; what a job has committed in them stays done.
pub(super) fn retry(invocation: &Invocation) -> CommandResult {
    let mut repair = Repair::new(invocation)?;
    let range = range(invocation)?;
    let failed: Vec<(Timestamp, Interval)> = repair
        .ledger
        .intervals(&repair.task.unique_id)
        .filter(|(at, interval)| {
            interval.state == IntervalState::Failed && range.as_ref().is_none_or(|range| range.contains(at))
        })
        .map(|(at, interval)| (at, interval.clone()))
        .collect();
    for (at, interval) in &failed {
        let open = Interval { state: IntervalState::Retry, attempt: 0, not_before: None, ..interval.clone() };
        repair.ledger.record(&repair.task.unique_id, *at, open)?;
        repair.say(&format!("{at} {}: continues where it failed", repair.task.name));
    }
    repair.end(failed.len(), "opened again: what is due runs")
}

/// Takes intervals for done, which nobody has run.
pub(super) fn mark_success(invocation: &Invocation) -> CommandResult {
    let mut repair = Repair::new(invocation)?;
    let now = repair.clock.now();
    let task = repair.task.clone();
    let times: Vec<Timestamp> = match range(invocation)? {
        Some(range) => task.logical_times(range.start.max(task.start), range.end.min(now)).collect(),
        None => {
            let failed = repair.ledger.intervals(&task.unique_id);
            failed.filter(|(_, interval)| interval.state == IntervalState::Failed).map(|(at, _)| at).collect()
        }
    };
    let mut marked = 0;
    for at in times {
        if repair.ledger.state(&task.unique_id, at) == Some(IntervalState::Success) {
            continue;
        }
        let attempt = repair.ledger.interval(&task.unique_id, at).map_or(0, |known| known.attempt);
        let message = "marked by hand".to_owned();
        let interval =
            Interval { state: IntervalState::Success, attempt, not_before: None, started_at: None, message };
        repair.ledger.record(&task.unique_id, at, interval)?;
        repair.say(&format!("{at} {}: success, marked by hand", task.name));
        marked += 1;
    }
    repair.end(marked, "marked as success")
}

struct Repair<'i> {
    invocation: &'i Invocation,
    task: Task,
    ledger: Ledger,
    clock: Clock,
}

impl<'i> Repair<'i> {
    /// In charge of the schedule: who runs it meanwhile would not know of the change.
    fn new(invocation: &'i Invocation) -> Result<Self, crate::diagnostic::Diagnostics> {
        let session = Session::load(invocation)?;
        let parsed = session.parse()?;
        let tasks = plan_of(&session, &parsed)?.tasks;
        let name = invocation.flags.text(&TASK).unwrap_or_default();
        let Some(task) = tasks.iter().find(|task| task.name == name) else {
            let names: Vec<&str> = tasks.iter().map(|task| task.name.as_str()).collect();
            let message = format!("no task of this target is called `{name}`");
            let known = || format!("the tasks are: {}", names.join(", "));
            let help = did_you_mean(name, names.iter().copied()).unwrap_or_else(known);
            return Err(Diagnostic::runtime("missing-task", message).help(help).into());
        };
        let task = task.clone();
        let clock = Clock::from_environment(|name| invocation.environment.get(name))?;
        let connect = Connect::new(&session.profile, invocation)?;
        let mut ledger = open_ledger(&connect, &session, clock)?;
        ledger.take_charge()?;
        Ok(Self { invocation, task, ledger, clock })
    }

    fn say(&self, text: &str) {
        self.invocation.emitter.emit(Event::PrintEvent { msg: text.to_owned() });
    }

    fn end(&self, count: usize, what: &str) -> CommandResult {
        let noun = if count == 1 { "interval" } else { "intervals" };
        let text = if count == 0 {
            format!("no interval of {}", self.task.name)
        } else {
            format!("{count} {noun} {what}")
        };
        self.say(&text);
        Ok(Outcome::Success)
    }
}

fn range(invocation: &Invocation) -> Result<Option<std::ops::Range<Timestamp>>> {
    let at = |text: Option<&str>| text.and_then(moment);
    let flags = &invocation.flags;
    Ok(at(flags.text(&INTERVAL_START)).zip(at(flags.text(&INTERVAL_END))).map(|(start, end)| start..end))
}

fn spelled(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}
