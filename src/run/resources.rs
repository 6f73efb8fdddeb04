//! What an invocation cost: processor time and memory, as dbt reports them at its end.

use std::fs;

use super::event::Event;

/// Clock ticks of `/proc` in a second, on every Linux that matters.
const TICKS: f64 = 100.0;

/// The report of this process; zeros where the system does not tell.
pub(crate) fn resource_report(command: &str, success: bool, seconds: f64) -> Event {
    let [user, kernel] = processor_seconds().unwrap_or_default();
    Event::ResourceReport {
        command_name: command.to_owned(),
        command_success: success,
        command_wall_clock_time: seconds,
        process_user_time: user,
        process_kernel_time: kernel,
        process_mem_max_rss: most_memory().unwrap_or_default(),
    }
}

fn processor_seconds() -> Option<[f64; 2]> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The command's name, in parentheses, may hold blanks.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut ticks = fields.split_whitespace().skip(11).map(|field| field.parse::<f64>().ok());
    Some([ticks.next()?? / TICKS, ticks.next()?? / TICKS])
}

/// In kilobytes.
fn most_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
