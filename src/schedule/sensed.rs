//! What the sensors of open intervals have found.

use jiff::Timestamp;

use crate::hashed::HashMap;

/// A sensor of an interval: task, begin, and place among the task's sensors.
type Key = (String, Timestamp, usize);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    Met,
    /// Nothing yet; to be looked at again then.
    Missing {
        again: Timestamp,
    },
}

/// Of this process: another one looks for itself.
#[derive(Debug, Default)]
pub(super) struct Sensed(HashMap<Key, Sight>);

impl Sensed {
    pub(super) fn of(&self, task: &str, logical_time: Timestamp, sensor: usize) -> Option<Sight> {
        self.0.get(&(task.to_owned(), logical_time, sensor)).copied()
    }

    pub(super) fn note(&mut self, task: &str, logical_time: Timestamp, sensor: usize, sight: Sight) {
        self.0.insert((task.to_owned(), logical_time, sensor), sight);
    }

    pub(super) fn forget(&mut self, task: &str, logical_time: Timestamp) {
        self.0.retain(|(known, at, _), _| known != task || *at != logical_time);
    }
}
