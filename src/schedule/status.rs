//! How far every task is, for people.

use jiff::Timestamp;

use super::due::{Next, next};
use super::interval::IntervalState;
use super::ledger::Ledger;
use super::task::Task;

pub(crate) fn status(tasks: &[Task], ledger: &mut Ledger, now: Timestamp) -> String {
    let mut lines = Vec::new();
    for task in tasks {
        let intervals = || ledger.intervals(&task.unique_id);
        let last = intervals()
            .rev()
            .find(|(_, interval)| interval.state == IntervalState::Success)
            .map_or_else(|| "never".to_owned(), |(at, _)| at.to_string());
        let failed = intervals().filter(|(_, interval)| interval.state == IntervalState::Failed).count();
        let open = intervals()
            .find(|(_, interval)| !matches!(interval.state, IntervalState::Success | IntervalState::Failed))
            .map(|(at, interval)| {
                let message = if interval.message.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", interval.message)
                };
                format!("\n  now: {at} {}, attempt {}{message}", interval.state.name(), interval.attempt)
            })
            .unwrap_or_default();
        let coming = match next(task, tasks, ledger, now) {
            Next::Run { logical_time } => format!("{logical_time} is due"),
            Next::Wait { logical_time, message, .. } => format!("{logical_time} waits for {message}"),
            Next::InVain { logical_time, message } => format!("{logical_time}: {message}"),
            Next::Later(at) => format!("at {at}"),
            Next::Held { logical_time } => format!("held back: {logical_time} failed"),
            Next::Over => "none: the end date has passed".to_owned(),
        };
        let zone = task.cron.zone_name().map_or_else(String::new, |zone| format!(" ({zone})"));
        lines.push(format!(
            "{}\n  cron: {}{zone}\n  last success: {last}\n  failed intervals: {failed}\n  next: {coming}{open}",
            task.name, task.cron
        ));
    }
    if lines.is_empty() {
        lines.push("nothing has a schedule".to_owned());
    }
    lines.join("\n")
}
