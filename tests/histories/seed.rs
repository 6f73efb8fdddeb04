//! What a failure prints and `RSDBT_HISTORY_SEED` takes: a batch, or one history of it, as `17` or `17.4`.

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seed {
    pub(super) batch: u64,
    pub(super) history: Option<i64>,
}

impl Seed {
    /// Other histories every time.
    pub(super) fn of_now() -> Self {
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Self { batch: u64::from(elapsed.subsec_micros()) * 1_000, history: None }
    }

    pub(super) fn next(self, number: u64) -> Self {
        Self { batch: self.batch + number, ..self }
    }
}

impl FromStr for Seed {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (batch, history) = match text.split_once('.') {
            Some((batch, history)) => (batch, Some(history.parse()?)),
            None => (text, None),
        };
        Ok(Self { batch: batch.parse()?, history })
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.history {
            Some(history) => write!(formatter, "{}.{history}", self.batch),
            None => write!(formatter, "{}", self.batch),
        }
    }
}

#[test]
fn a_seed_is_read_as_it_is_printed() {
    for text in ["17", "17.4"] {
        assert_eq!(text.parse::<Seed>().unwrap().to_string(), text);
    }
}
