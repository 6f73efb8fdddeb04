//! The task that a command names, and the time range that it gives.

use std::ops::Range;

use jiff::Timestamp;

use super::invocation::Invocation;
use crate::config::schedule::moment;
use crate::diagnostic::{Category, Diagnostic, Result, did_you_mean};
use crate::options::Text;
use crate::options::table::{FROM, INTERVAL_END, INTERVAL_START, TASK, TO};
use crate::schedule::{Clock, Task};

/// By its name.
pub(super) fn named<'t>(invocation: &Invocation, tasks: &'t [Task]) -> Result<&'t Task> {
    let name = invocation.flags.text(&TASK).unwrap_or_default();
    tasks.iter().find(|task| task.name == name).ok_or_else(|| {
        let names: Vec<&str> = tasks.iter().map(|task| task.name.as_str()).collect();
        let message = format!("no task of this target is called `{name}`");
        let known = || match names.is_empty() {
            true => {
                "nothing has a schedule for this target: `rsdbt schedule status` tells what is left alone"
                    .to_owned()
            }
            false => format!("the tasks are: {}", names.join(", ")),
        };
        let help = did_you_mean(name, names.iter().copied()).unwrap_or_else(known);
        Diagnostic::runtime("missing-task", message).help(help).boxed()
    })
}

/// `--from` and `--to`, also by their longer names.
pub(super) fn range(invocation: &Invocation) -> Result<Option<Range<Timestamp>>> {
    let at = |option: &Text| invocation.flags.text(option).and_then(moment);
    let range = [at(&FROM).or_else(|| at(&INTERVAL_START)), at(&TO).or_else(|| at(&INTERVAL_END))];
    match range {
        [Some(start), Some(end)] if start < end => Ok(Some(start..end)),
        [None, None] => Ok(None),
        [Some(_), Some(_)] => Err(usage("`--from` must lie before `--to`")),
        _ => Err(usage("`--from` and `--to` belong together")),
    }
}

fn usage(message: &str) -> Box<Diagnostic> {
    Diagnostic::new("schedule-range", Category::Usage, message)
        .help("write the range as `--from 2024-05-01 --to 2024-05-08`; the end is not part of it")
        .boxed()
}

/// A command whose purpose is a change.
pub(super) fn refuse_in_rehearsal(clock: &Clock) -> Result<()> {
    if !clock.is_rehearsal() {
        return Ok(());
    }
    let message = "a rehearsal changes nothing, and this command would";
    Err(Diagnostic::runtime("schedule-rehearsal", message)
        .help("leave the variable RSDBT_SCHEDULE_CLOCK out")
        .boxed())
}

/// As options take it.
pub(super) fn spelled(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}
