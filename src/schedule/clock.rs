//! The time that schedules live by. `RSDBT_SCHEDULE_CLOCK=2022-09-11T00:00:00Z*3600` starts it elsewhere and lets it
//! run faster: a rehearsal, in which nothing is run. `RSDBT_SIMULATED_CLOCK` does the same for tests, in which all is run; there
//! `..*3600+36000@5` sets the clock ten hours ahead after five seconds, as a suspension does.

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
    jump: Option<Jump>,
}

/// The clock is set anew, once.
#[derive(Debug, Clone, Copy)]
struct Jump {
    by: SignedDuration,
    /// In real time since the beginning.
    after: Duration,
}

impl MadeUp {
    /// `2022-09-11T00:00:00Z`, then perhaps a speed, and a jump.
    fn read(text: &str) -> Option<Self> {
        let (text, jump) = match text.rsplit_once('@') {
            Some((rest, after)) => {
                let (rest, by) = rest.rsplit_once('+')?;
                let by = SignedDuration::from_secs(by.parse().ok()?);
                (rest, Some(Jump { by, after: Duration::from_secs(after.parse().ok()?) }))
            }
            None => (text, None),
        };
        let (start, speed) = text.split_once('*').unwrap_or((text, "1"));
        let speed = speed.trim().parse().ok().filter(|speed| *speed > 0)?;
        Some(Self { began: Instant::now(), origin: moment(start)?, speed, jump })
    }

    fn now(self) -> Timestamp {
        let elapsed = self.began.elapsed();
        let jumped =
            self.jump.filter(|jump| elapsed >= jump.after).map_or(SignedDuration::ZERO, |jump| jump.by);
        SignedDuration::try_from(elapsed.saturating_mul(self.speed))
            .ok()
            .and_then(|elapsed| self.origin.checked_add(elapsed.checked_add(jumped)?).ok())
            .unwrap_or(Timestamp::MAX)
    }
}

impl Clock {
    /// The machine's own clock unless the environment has another one.
    pub(crate) fn from_environment<'e>(variable: impl Fn(&str) -> Option<&'e str>) -> Result<Self> {
        let rehearsed = variable(REHEARSED).map(|value| (REHEARSED, value));
        let Some((name, value)) = rehearsed.or_else(|| variable(SIMULATED).map(|value| (SIMULATED, value)))
        else {
            return Ok(Self { made_up: None, is_rehearsal: false });
        };
        match MadeUp::read(value) {
            Some(made_up) => Ok(Self { made_up: Some(made_up), is_rehearsal: name == REHEARSED }),
            None => Err(Diagnostic::runtime("schedule-clock", format!("{name} is `{value}`"))
                .help("write a timestamp and a speed, as `2022-09-11T00:00:00Z*3600`")
                .boxed()),
        }
    }

    /// Nothing is run, and nothing written.
    pub(crate) fn is_rehearsal(&self) -> bool {
        self.is_rehearsal
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.made_up.map_or_else(Timestamp::now, MadeUp::now)
    }

    /// How long to really wait for a time of this clock.
    pub(crate) fn until(&self, at: Timestamp) -> Duration {
        let speed = self.made_up.map_or(1, |made_up| made_up.speed);
        Duration::try_from(at.duration_since(self.now())).unwrap_or_default() / speed
    }
}
