//! Who is at work beside a run: one who writes arriving rows, and one who reads the mart.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use postgres::Client;

use super::facts::{Day, DayMeasures};
use super::sight::glance_at_mart;
use super::strangers;

/// Days as a reader saw them.
pub(super) type Glimpses = BTreeSet<(Day, DayMeasures)>;

/// Tells the company that the run is over, also when it ended in a panic.
pub(super) struct Run<'a>(pub(super) &'a AtomicBool);

impl Drop for Run<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Commits statement by statement; what is left when the run ends, it writes without waiting.
pub(super) fn write(client: &mut Client, statements: &[(Duration, String)], over: &AtomicBool) {
    for (pause, sql) in statements {
        if !over.load(Ordering::Relaxed) {
            thread::sleep(*pause);
        }
        client.batch_execute(sql).unwrap();
    }
}

/// Every state of a day that was seen; a day that the mart does not have is empty. What hangs on the mart can be read
/// all the time.
pub(super) fn read(
    client: &mut Client,
    days: std::ops::Range<Day>,
    strangers: &[&str],
    over: &AtomicBool,
) -> Result<Glimpses, String> {
    let mut glimpses = Glimpses::new();
    while !over.load(Ordering::Relaxed) {
        if let Some(mart) = glance_at_mart(client)? {
            let day = |day| (day, mart.get(&day).cloned().unwrap_or_default());
            glimpses.extend(days.clone().map(day));
        }
        strangers::read(client, strangers)?;
        thread::sleep(Duration::from_millis(8));
    }
    Ok(glimpses)
}
