//! The time that schedules live by. `RSDBT_SCHEDULE_CLOCK=2022-09-11T00:00:00Z*3600` starts it elsewhere and lets it
//! run faster, to rehearse days in seconds.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::config::schedule::moment;
use crate::diagnostic::{Diagnostic, Result};

/// The environment variable of a rehearsal.
const VARIABLE: &str = "RSDBT_SCHEDULE_CLOCK";

#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    /// The machine's own clock may be set anew, or be ahead after a suspension: it is asked each time.
    rehearsal: Option<Rehearsal>,
}

#[derive(Debug, Clone, Copy)]
struct Rehearsal {
    began: Instant,
    origin: Timestamp,
    speed: u32,
}

impl Clock {
    /// The machine's own clock unless the environment rehearses.
    pub(crate) fn from_environment(value: Option<&str>) -> Result<Self> {
        let Some(value) = value else {
            return Ok(Self { rehearsal: None });
        };
        let began = Instant::now();
        let (start, speed) = value.split_once('*').unwrap_or((value, "1"));
        match (moment(start), speed.trim().parse()) {
            (Some(origin), Ok(speed)) if speed > 0 => {
                Ok(Self { rehearsal: Some(Rehearsal { began, origin, speed }) })
            }
            _ => Err(Diagnostic::runtime("schedule-clock", format!("{VARIABLE} is `{value}`"))
                .help("write a moment and a speed, as `2022-09-11T00:00:00Z*3600`")
                .boxed()),
        }
    }

    pub(crate) fn variable() -> &'static str {
        VARIABLE
    }

    pub(crate) fn now(&self) -> Timestamp {
        let Some(Rehearsal { began, origin, speed }) = self.rehearsal else { return Timestamp::now() };
        let elapsed = began.elapsed().saturating_mul(speed);
        SignedDuration::try_from(elapsed)
            .ok()
            .and_then(|elapsed| origin.checked_add(elapsed).ok())
            .unwrap_or(Timestamp::MAX)
    }

    /// How long to really wait for a moment of this clock.
    pub(crate) fn until(&self, at: Timestamp) -> Duration {
        let speed = self.rehearsal.map_or(1, |rehearsal| rehearsal.speed);
        Duration::try_from(at.duration_since(self.now())).unwrap_or_default() / speed
    }
}
