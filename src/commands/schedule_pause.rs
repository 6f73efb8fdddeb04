//! `rsdbt schedule pause` and `rsdbt schedule resume`: also while a process runs the schedule, which looks at each tick.

use super::connect::Connect;
use super::invocation::Invocation;
use super::schedule_task::{named, refuse_in_rehearsal};
use super::scheduler::{open_ledger, plan_of};
use super::session::Session;
use super::{CommandResult, Outcome};
use crate::diagnostic::Result;
use crate::run::Event;
use crate::schedule::{Clock, Ledger, Task};

pub(super) fn pause(invocation: &Invocation) -> CommandResult {
    change(invocation, |ledger, task| {
        if ledger.is_paused(&task.unique_id) {
            return Err(format!("{} is paused already", task.name));
        }
        let text = format!("{}: no interval begins until `rsdbt schedule resume {}`", task.name, task.name);
        Ok((text, Ledger::pause))
    })
}

pub(super) fn resume(invocation: &Invocation) -> CommandResult {
    change(invocation, |ledger, task| {
        if !ledger.is_paused(&task.unique_id) {
            return Err(format!("{} is not paused", task.name));
        }
        Ok((format!("{}: what is due runs again", task.name), Ledger::resume))
    })
}

type Change = fn(&mut Ledger, &str) -> Result<()>;

/// What is done is said before it is done.
fn change(
    invocation: &Invocation,
    plan: impl Fn(&Ledger, &Task) -> std::result::Result<(String, Change), String>,
) -> CommandResult {
    let session = Session::load(invocation)?;
    let parsed = session.parse()?;
    let tasks = plan_of(&session, &parsed)?.tasks;
    let task = named(invocation, &tasks)?;
    let clock = Clock::from_environment(|name| invocation.environment.get(name))?;
    refuse_in_rehearsal(&clock)?;
    let connect = Connect::new(&session.profile, invocation)?;
    let mut ledger = open_ledger(&connect, &session, clock)?;
    match plan(&ledger, task) {
        Ok((msg, change)) => {
            invocation.emitter.emit(Event::PrintEvent { msg });
            change(&mut ledger, &task.unique_id)?;
        }
        Err(msg) => invocation.emitter.emit(Event::PrintEvent { msg }),
    }
    Ok(Outcome::Success)
}
