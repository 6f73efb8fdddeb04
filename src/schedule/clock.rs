//! The time that schedules live by. `RSDBT_SCHEDULE_CLOCK=2022-09-11T00:00:00Z*3600` starts it elsewhere and lets it
//! run faster: a rehearsal, in which nothing is run. `RSDBT_SIMULATED_CLOCK` does the same for tests, in which all is run.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::config::schedule::moment;
use crate::diagnostic::{Diagnostic, Result};

/// The environment variables of a rehearsal, and of a simulation.
const REHEARSED: &str = "RSDBT_SCHEDULE_CLOCK";
const SIMULATED: &str = "RSDBT_SIMULATED_CLOCK";

#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    /// None: the machine's own clock, which may be set anew, or be ahead after a suspension: it is asked each time.
    made_up: Option<MadeUp>,
    is_rehearsal: bool,
}

#[derive(Debug, Clone, Copy)]
struct MadeUp {
    began: Instant,
    origin: Timestamp,
    speed: u32,
}

impl Clock {
    /// The machine's own clock unless the environment has another one.
    pub(crate) fn from_environment<'e>(variable: impl Fn(&str) -> Option<&'e str>) -> Result<Self> {
        let rehearsed = variable(REHEARSED).map(|value| (REHEARSED, value));
        let Some((name, value)) = rehearsed.or_else(|| variable(SIMULATED).map(|value| (SIMULATED, value)))
        else {
            return Ok(Self { made_up: None, is_rehearsal: false });
        };
        let began = Instant::now();
        let (start, speed) = value.split_once('*').unwrap_or((value, "1"));
        match (moment(start), speed.trim().parse()) {
            (Some(origin), Ok(speed)) if speed > 0 => {
                Ok(Self { made_up: Some(MadeUp { began, origin, speed }), is_rehearsal: name == REHEARSED })
            }
            _ => Err(Diagnostic::runtime("schedule-clock", format!("{name} is `{value}`"))
                .help("write a timestamp and a speed, as `2022-09-11T00:00:00Z*3600`")
                .boxed()),
        }
    }

    /// Nothing is run, and nothing written.
    pub(crate) fn is_rehearsal(&self) -> bool {
        self.is_rehearsal
    }

    pub(crate) fn now(&self) -> Timestamp {
        let Some(MadeUp { began, origin, speed }) = self.made_up else { return Timestamp::now() };
        let elapsed = began.elapsed().saturating_mul(speed);
        SignedDuration::try_from(elapsed)
            .ok()
            .and_then(|elapsed| origin.checked_add(elapsed).ok())
            .unwrap_or(Timestamp::MAX)
    }

    /// How long to really wait for a moment of this clock.
    pub(crate) fn until(&self, at: Timestamp) -> Duration {
        let speed = self.made_up.map_or(1, |made_up| made_up.speed);
        Duration::try_from(at.duration_since(self.now())).unwrap_or_default() / speed
    }
}
