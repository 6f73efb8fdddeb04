//! The time as artifacts and logs tell it: the machine's, but never earlier than it was told before in this process.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// When the process first asked, by both clocks.
static BEGAN: OnceLock<(Instant, Timestamp)> = OnceLock::new();
/// What was told last, in microseconds.
static LAST: AtomicI64 = AtomicI64::new(i64::MIN);

fn began() -> (Instant, Timestamp) {
    *BEGAN.get_or_init(|| (Instant::now(), Timestamp::now()))
}

/// The time now. A wall clock that is set back does not turn it back.
pub(crate) fn now() -> Timestamp {
    let (instant, timestamp) = began();
    steady(&LAST, timestamp, instant.elapsed(), Timestamp::now())
}

/// How long this process has run; the wall clock has no part in it.
pub(crate) fn elapsed() -> Duration {
    began().0.elapsed()
}

/// The wall clock's time, or what it was plus what has passed since, or what was told last: the latest of them.
fn steady(last: &AtomicI64, began: Timestamp, elapsed: Duration, wall: Timestamp) -> Timestamp {
    let steady = began.checked_add(elapsed).unwrap_or(wall).max(wall).as_microsecond();
    let earlier = last.fetch_max(steady, Ordering::Relaxed);
    Timestamp::from_microsecond(earlier.max(steady)).unwrap_or(wall)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_jumps_turns_nothing_back() {
        let began: Timestamp = "2026-03-29T01:00:00Z".parse().unwrap();
        let last = AtomicI64::new(i64::MIN);
        let mut told = Vec::new();
        // the wall clock: on time, an hour ahead, set back, a day behind
        for (passed, wall) in [
            (0, "2026-03-29T01:00:00Z"),
            (10, "2026-03-29T02:00:10Z"),
            (20, "2026-03-29T01:00:20Z"),
            (30, "2026-03-28T01:00:30Z"),
            (7200, "2026-03-28T03:00:00Z"),
        ] {
            told.push(steady(&last, began, Duration::from_secs(passed), wall.parse().unwrap()));
        }
        assert!(told.is_sorted(), "{told:?}");
        assert_eq!(told[4].to_string(), "2026-03-29T03:00:00Z", "time goes on all the same");
    }
}
