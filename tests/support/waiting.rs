use std::time::{Duration, Instant};

/// Waits for something that comes soon.
pub(crate) fn wait_until(what: &str, is_so: impl FnMut() -> bool) {
    wait_at_most(Duration::from_mins(1), what, is_so);
}

/// The same for what takes most of a minute by itself.
pub(crate) fn wait_minutes_until(what: &str, is_so: impl FnMut() -> bool) {
    wait_at_most(Duration::from_mins(4), what, is_so);
}

fn wait_at_most(limit: Duration, what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < limit, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
