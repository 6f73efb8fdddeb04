//! `rsdbt schedule run TASK --interval START`: one attempt of one interval, now, whatever it depends on.

use jiff::Timestamp;

use super::invocation::Invocation;
use super::schedule_task::{named, spelled};
use super::scheduler::{LOOK, Scheduler};
use super::{CommandResult, Outcome};
use crate::config::schedule::moment;
use crate::diagnostic::{Category, Diagnostic, Result};
use crate::options::table::INTERVAL;
use crate::schedule::{IntervalState, Task, Work};

pub(super) fn run(invocation: &Invocation) -> CommandResult {
    let mut scheduler = Scheduler::new(invocation)?;
    let task = named(invocation, &scheduler.tasks)?.clone();
    let at = interval(invocation, &task, scheduler.clock.now())?;
    let state = scheduler.ledger.state(&task.unique_id, at);
    if state == Some(IntervalState::Success) {
        let message = format!("{} of {at} has succeeded", task.name);
        let end = spelled(task.following(at));
        let help = format!(
            "`rsdbt schedule clear {} --from '{}' --to '{end}'` forgets that, and it can run again",
            task.name,
            spelled(at)
        );
        return Err(Diagnostic::runtime("schedule-interval", message).help(help).into());
    }
    let before = state.map_or_else(|| "has not run".to_owned(), |state| format!("is {}", state.name()));
    scheduler.say(&format!("{at} {}: {before}, and runs now, whatever it depends on", task.name));
    if scheduler.clock.is_rehearsal() {
        return Ok(Outcome::Success);
    }
    scheduler.ledger.take_charge()?;
    if state == Some(IntervalState::Failed) {
        scheduler.open_again(&task, at)?;
    }
    match &task.work {
        Work::Node => scheduler.attempt(&task, at)?,
        Work::Job(job) => {
            scheduler.begin(&task, job, at)?;
            while !scheduler.jobs.is_idle() && !scheduler.interrupt.is_set() {
                scheduler.jobs.wait(LOOK);
                scheduler.hear()?;
            }
        }
    }
    scheduler.end()?;
    let is_done = scheduler.ledger.state(&task.unique_id, at) == Some(IntervalState::Success);
    Ok(if is_done && scheduler.failures == 0 { Outcome::Success } else { Outcome::Failure })
}

/// One that there is, and that has ended.
fn interval(invocation: &Invocation, task: &Task, now: Timestamp) -> Result<Timestamp> {
    let wrong = |message: String, help: String| {
        Diagnostic::new("schedule-interval", Category::Usage, message).help(help).boxed()
    };
    let first = || {
        task.first().map_or_else(String::new, |first| {
            let second = task.following(first);
            format!("its intervals begin at {}, {} ..", spelled(first), spelled(second))
        })
    };
    let Some(at) = invocation.flags.text(&INTERVAL).and_then(moment) else {
        return Err(wrong("`--interval` is missing".to_owned(), first()));
    };
    if !task.has_interval(at) {
        let near = task.cron.next_from(at).map(spelled);
        let help = near.map_or_else(first, |near| format!("one begins at {near}"));
        let help = if at < task.start { first() } else { help };
        return Err(wrong(format!("{} has no interval that begins at {}", task.name, spelled(at)), help));
    }
    let end = task.following(at);
    if end > now {
        let message = format!("the interval {} of {} has not ended", spelled(at), task.name);
        return Err(wrong(message, format!("it ends at {}", spelled(end))));
    }
    Ok(at)
}
