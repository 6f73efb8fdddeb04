//! `rsdbt schedule clear`, `rsdbt schedule retry` and `rsdbt schedule mark-success`: the way out when an interval has failed for good.
//! Each says what it does before it does it. A process that runs the schedule meanwhile reads the intervals again.

use jiff::Timestamp;

use super::built::{self, is_incremental};
use super::connect::Connect;
use super::homes::Homes;
use super::invocation::Invocation;
use super::schedule_checks;
use super::schedule_task::{named, range, refuse_in_rehearsal, spelled};
use super::scheduler::{open_ledger, plan_of};
use super::session::{ParsedProject, Session};
use super::{CommandResult, Outcome};
use crate::config::jobs::CatchUp;
use crate::counted::counted;
use crate::diagnostic::{Diagnostic, Result};
use crate::manifest::connection_of;
use crate::run::Event;
use crate::schedule::{Clock, Interval, IntervalState, Ledger, TAKEN, Task};

/// Forgets what became of intervals, so that they run again when the schedule does.
pub(super) fn clear(invocation: &Invocation) -> CommandResult {
    let mut repair = Repair::new(invocation)?;
    let range = range(invocation)?;
    if let Some(range) = &range
        && let Some(until) =
            repair.ledger.past_until(&repair.task.unique_id).filter(|until| range.start < *until)
    {
        let message = format!("what succeeded before {until} has no rows any more and cannot be cleared");
        return Err(Diagnostic::runtime("schedule-past", message)
            .help(format!("begin with `--from '{}'`", spelled(until)))
            .into());
    }
    let intervals = repair.known(|at, state| match &range {
        Some(range) => range.contains(&at),
        None => state == IntervalState::Failed,
    });
    let intervals = repair.without_running(intervals);
    for (at, interval) in &intervals {
        repair.say(&format!("{at} {}: {} is cleared", repair.task.name, interval.state.name()));
    }
    repair.forget_built(&intervals)?;
    let times: Vec<Timestamp> = intervals.iter().map(|(at, _)| *at).collect();
    repair.ledger.clear(&repair.task.unique_id, &times)?;
    if repair.task.catch_up != CatchUp::All {
        // of what it knows nothing of, it runs the newest alone
        for (at, interval) in intervals.into_iter().filter(|(at, _)| repair.task.has_interval(*at)) {
            let interval = Interval { end: Some(repair.task.following(at)), ..interval };
            repair.ledger.amend(&repair.task.unique_id, at, opened(interval))?;
        }
    }
    repair.end(times.len(), "cleared: what is due runs again")
}

/// Opens failed intervals again, with all their attempts; what a job has committed in them stays done.
pub(super) fn retry(invocation: &Invocation) -> CommandResult {
    let mut repair = Repair::new(invocation)?;
    let range = range(invocation)?;
    let failed = repair.known(|at, state| {
        let is_stuck = matches!(state, IntervalState::Retry | IntervalState::Interrupted);
        let is_gone = || !repair.ledger.is_of_today(&repair.task, at);
        (state == IntervalState::Failed || is_stuck && is_gone())
            && range.as_ref().is_none_or(|range| range.contains(&at))
    });
    let (failed, gone): (Vec<_>, Vec<_>) =
        failed.into_iter().partition(|(at, _)| repair.ledger.is_of_today(&repair.task, *at));
    for (at, _) in &gone {
        let text = "its time belongs to intervals of the cron of today, which run when they are due";
        repair.say(&format!("{at} {}: {text}", repair.task.name));
    }
    for (at, _) in &failed {
        repair.say(&format!("{at} {}: continues where it failed", repair.task.name));
    }
    let count = failed.len();
    if count == 0 && !gone.is_empty() {
        return Ok(Outcome::Success);
    }
    for (at, interval) in failed {
        repair.ledger.amend(&repair.task.unique_id, at, opened(interval))?;
    }
    repair.end(count, "opened again: what is due runs")
}

/// With all its attempts.
fn opened(interval: Interval) -> Interval {
    Interval { state: IntervalState::Retry, attempt: 0, not_before: None, started_at: None, ..interval }
}

/// Takes intervals for done, which nobody has run.
pub(super) fn mark_success(invocation: &Invocation) -> CommandResult {
    let mut repair = Repair::new(invocation)?;
    let now = repair.clock.now();
    let task = repair.task.clone();
    let open = |message: String| Interval {
        state: IntervalState::Waiting,
        end: None,
        attempt: 0,
        not_before: None,
        started_at: None,
        message,
    };
    let marked: Vec<(Timestamp, Interval)> = match range(invocation)? {
        Some(range) => {
            let times = task.logical_times(range.start.max(task.start), range.end.min(now));
            let known = |at: Timestamp| repair.ledger.interval(&task.unique_id, at).cloned();
            let (over, begun): (Vec<_>, Vec<_>) = times.partition(|at| task.following(*at) <= now);
            for at in begun {
                repair.say(&format!("{at} {}: has not ended, and is left alone", task.name));
            }
            let open = over.into_iter().map(|at| (at, known(at).unwrap_or_else(|| open(String::new()))));
            let is_done =
                |at: Timestamp| repair.ledger.state(&task.unique_id, at) == Some(IntervalState::Success);
            open.filter(|(at, _)| !is_done(*at)).collect()
        }
        None => repair.known(|_, state| state == IntervalState::Failed),
    };
    let marked = repair.without_running(marked);
    for (at, _) in &marked {
        repair.say(&format!("{at} {}: success, marked by hand", task.name));
    }
    for (at, known) in &marked {
        let message = "marked by hand".to_owned();
        let state = IntervalState::Success;
        let end = known.end.or_else(|| Some(task.following(*at)));
        let interval = Interval { state, end, not_before: None, started_at: None, message, ..known.clone() };
        repair.ledger.amend(&task.unique_id, *at, interval)?;
    }
    repair.end(marked.len(), "marked as success")
}

struct Repair<'i> {
    invocation: &'i Invocation,
    task: Task,
    ledger: Ledger,
    clock: Clock,
    /// Whether another process runs the schedule.
    is_beside: bool,
    /// Keeps the embedded server up, too.
    connect: Connect,
    session: Session<'i>,
    parsed: ParsedProject,
}

impl<'i> Repair<'i> {
    fn new(invocation: &'i Invocation) -> Result<Self, crate::diagnostic::Diagnostics> {
        let session = Session::load(invocation)?;
        let parsed = session.parse()?;
        let tasks = plan_of(&session, &parsed)?.tasks;
        let task = named(invocation, &tasks)?.clone();
        let clock = Clock::from_environment(|name| invocation.environment.get(name))?;
        refuse_in_rehearsal(&clock)?;
        let connect = Connect::new(&session.profile, invocation)?;
        let mut ledger = open_ledger(&connect, &session, clock)?;
        let is_beside = match ledger.take_charge() {
            Ok(()) => false,
            Err(problem) if problem.code == TAKEN => true,
            Err(problem) => return Err(problem.into()),
        };
        Ok(Self { invocation, task, ledger, clock, is_beside, connect, session, parsed })
    }

    /// What is noted of intervals that have built it: all of one that succeeded, and what another one has committed.
    fn forget_built(&mut self, intervals: &[(Timestamp, Interval)]) -> Result<()> {
        let mut homes = Homes::new(&self.connect);
        let built = schedule_checks::built_by(&self.session, &self.parsed, &self.task)?;
        for (at, interval) in intervals {
            let end = interval.end.unwrap_or_else(|| self.task.following(*at));
            let committed = self.ledger.committed(&self.task.unique_id, *at)?;
            let is_all = interval.state == IntervalState::Success;
            for id in built.iter().filter(|id| is_all || committed.contains(*id)) {
                let node = self.parsed.manifest.nodes.get(id).filter(|node| is_incremental(node));
                let Some(node) = node else { continue };
                let home = homes.session(self.session.output_of(connection_of(&node.config)))?;
                built::forget(home, node, [*at, end])?;
            }
        }
        Ok(())
    }

    fn known(&self, wanted: impl Fn(Timestamp, IntervalState) -> bool) -> Vec<(Timestamp, Interval)> {
        let known = self.ledger.intervals(&self.task.unique_id);
        let wanted = known.filter(|(at, interval)| wanted(*at, interval.state));
        wanted.map(|(at, interval)| (at, interval.clone())).collect()
    }

    /// What another process is at work on is not changed under its hands.
    fn without_running(&self, intervals: Vec<(Timestamp, Interval)>) -> Vec<(Timestamp, Interval)> {
        let (running, others): (Vec<_>, Vec<_>) =
            intervals.into_iter().partition(|(_, interval)| interval.state == IntervalState::Running);
        for (at, _) in running {
            self.say(&format!("{at} {}: is running, and left alone", self.task.name));
        }
        others
    }

    fn say(&self, text: &str) {
        self.invocation.emitter.emit(Event::PrintEvent { msg: text.to_owned() });
    }

    fn end(&mut self, count: usize, what: &str) -> CommandResult {
        let text = if count == 0 {
            format!("no interval of {}", self.task.name)
        } else {
            format!("{} {what}", counted(count, "interval"))
        };
        if count > 0 && self.is_beside {
            self.ledger.announce_changes()?;
        }
        self.say(&text);
        Ok(Outcome::Success)
    }
}
