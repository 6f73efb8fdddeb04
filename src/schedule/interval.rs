//! One interval of a task, and what became of it.

use jiff::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IntervalState {
    Waiting,
    Running,
    /// It failed and will be tried again.
    Retry,
    /// Its process ended before it did.
    Interrupted,
    Success,
    Failed,
}

pub(super) const STATES: [(IntervalState, &str); 6] = [
    (IntervalState::Waiting, "waiting"),
    (IntervalState::Running, "running"),
    (IntervalState::Retry, "retry"),
    (IntervalState::Interrupted, "interrupted"),
    (IntervalState::Success, "success"),
    (IntervalState::Failed, "failed"),
];

impl IntervalState {
    pub(crate) fn name(self) -> &'static str {
        STATES.iter().find(|(state, _)| *state == self).map_or("", |(_, name)| name)
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        STATES.iter().find(|(_, known)| *known == name).map(|(state, _)| *state)
    }

    pub(super) fn is_settled(self) -> bool {
        matches!(self, Self::Success | Self::Failed)
    }
}

/// One interval of a task.
#[derive(Debug, Clone)]
pub(crate) struct Interval {
    pub state: IntervalState,
    /// As it was when it was begun; of earlier versions it is not known.
    pub end: Option<Timestamp>,
    pub attempt: u32,
    /// No attempt before this time.
    pub not_before: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub message: String,
}

impl Interval {
    /// It has not been tried, or has all its attempts again.
    pub(crate) fn waits(&self) -> bool {
        self.state == IntervalState::Waiting || self.state == IntervalState::Retry && self.attempt == 0
    }

    /// What somebody has opened again stays open while it waits, whatever newer ones there are.
    pub(crate) fn state_of_wait(&self) -> IntervalState {
        if self.waits() { self.state } else { IntervalState::Waiting }
    }
}
