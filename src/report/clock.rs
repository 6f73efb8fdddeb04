//! The times of log lines: the wall clock of the machine.

use std::path::Path;
use std::sync::LazyLock;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

pub(super) fn local(at: Timestamp) -> Zoned {
    static ZONE: LazyLock<TimeZone> = LazyLock::new(zone);
    at.to_zoned(ZONE.clone())
}

/// The system's zone. Its rules are enough: to learn its name too, all zones of the machine would be looked through.
fn zone() -> TimeZone {
    if std::env::var_os("TZ").is_some() {
        return TimeZone::system();
    }
    let rules = std::fs::read(Path::new("/etc/localtime")).ok();
    rules.and_then(|rules| TimeZone::tzif("local", &rules).ok()).unwrap_or_else(TimeZone::system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_time_of_the_system() {
        for at in ["2026-01-15T12:00:00Z", "2026-07-15T12:00:00Z"] {
            let at: Timestamp = at.parse().unwrap();
            assert_eq!(local(at).datetime(), at.to_zoned(TimeZone::system()).datetime());
        }
    }
}
