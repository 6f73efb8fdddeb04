//! `rsdbt schedule` and `rsdbt run --due`: runs what is due, each interval once.

use std::time::Instant;

use super::invocation::Invocation;
use super::schedule_metrics::Metrics;
use super::schedule_status;
use super::scheduler::{LOOK, Pass, Scheduler};
use super::{CommandResult, Outcome};
use crate::diagnostic::{Diagnostic, Result};
use crate::options::table::{
    EMPTY, EVENT_TIME_START, EXCLUDE, FULL_REFRESH, INTERVAL_START, LISTEN, MODELS, SAMPLE, SELECT, SELECTOR,
    STATUS,
};
use crate::schedule::TAKEN;

/// Keeps running until a signal comes.
pub(super) fn run(invocation: &Invocation) -> CommandResult {
    refuse_other_wishes(invocation)?;
    if invocation.flags.is(&STATUS) {
        return schedule_status::run(invocation);
    }
    let mut scheduler = Scheduler::new(invocation)?;
    let listen = |address| Metrics::listen(address, &scheduler.at_work);
    let metrics = invocation.flags.text(&LISTEN).map(listen).transpose()?;
    match scheduler.ledger.take_charge() {
        Err(problem) if problem.code != TAKEN => scheduler.reconnect(problem)?,
        taken => taken?,
    }
    scheduler.say(&format!("{} scheduled tasks; Ctrl-C ends", scheduler.tasks.len()));
    scheduler.tell_what_is_held();
    while !scheduler.interrupt.is_set() {
        scheduler.take_in_changes();
        if let Some(metrics) = metrics.as_ref().filter(|metrics| metrics.tick()) {
            scheduler.show(metrics);
        }
        let begun = Instant::now();
        match scheduler.pass() {
            Ok(Pass { ran: true, .. }) => {}
            Ok(Pass { wake, .. }) => {
                if let Some(metrics) = &metrics {
                    metrics.looked(begun.elapsed());
                }
                scheduler.sleep(wake);
            }
            Err(problem) => scheduler.reconnect(problem)?,
        }
    }
    scheduler.end()?;
    scheduler.say("Stopped. Interrupted intervals run again at the next start");
    Ok(Outcome::Success)
}

/// Runs until nothing more is due.
pub(super) fn once(invocation: &Invocation) -> CommandResult {
    refuse_other_wishes(invocation)?;
    let mut scheduler = Scheduler::new(invocation)?;
    scheduler.ledger.take_charge()?;
    while !scheduler.interrupt.is_set() {
        if scheduler.pass()?.ran {
            continue;
        }
        if scheduler.jobs.is_idle() {
            break;
        }
        scheduler.jobs.wait(LOOK);
    }
    scheduler.end()?;
    if scheduler.interrupt.is_set() {
        return Ok(Outcome::Failure);
    }
    if scheduler.attempts == 0 {
        scheduler.say("nothing is due");
    }
    let held = scheduler.tell_what_is_held();
    Ok(if scheduler.failures == 0 && held == 0 { Outcome::Success } else { Outcome::Failure })
}

/// Each interval is run for itself and remembered as done: nothing may be left out of it.
fn refuse_other_wishes(invocation: &Invocation) -> Result<()> {
    let flags = &invocation.flags;
    let given = |name: &'static str, is_given: bool| is_given.then_some(name);
    let wishes = [
        given("--full-refresh", flags.is(&FULL_REFRESH)),
        given("--empty", flags.is(&EMPTY)),
        given("--sample", flags.text(&SAMPLE).is_some()),
        given("--select", !flags.words(&SELECT).is_empty() || !flags.words(&MODELS).is_empty()),
        given("--exclude", !flags.words(&EXCLUDE).is_empty()),
        given("--selector", flags.text(&SELECTOR).is_some()),
        given("--event-time-start", flags.text(&EVENT_TIME_START).is_some()),
        given("--interval-start", flags.text(&INTERVAL_START).is_some()),
    ];
    let Some(wish) = wishes.into_iter().flatten().next() else { return Ok(()) };
    let message = format!(
        "`{wish}` is not allowed with a schedule: what is due is run as it is, and remembered as done"
    );
    let help =
        format!("leave `{wish}` out, or use it with `rsdbt run --select ..`, which remembers no interval");
    Err(Diagnostic::runtime("schedule-option", message).help(help).boxed())
}
