//! What runs by itself: tasks with a cron, the intervals that are due, and a ledger of them in Postgres.

mod clock;
mod due;
mod interval;
mod jobs;
mod lease;
mod ledger;
mod past;
mod progress;
mod requests;
mod sensed;
mod status;
mod task;

pub(crate) use clock::Clock;
pub(crate) use due::{Next, next};
pub(crate) use interval::{Interval, IntervalState};
pub(crate) use jobs::{Planned, planned};
pub(crate) use lease::Lease;
pub(crate) use ledger::{Ledger, TAKEN};
pub(crate) use progress::{Progress, affected};
pub(crate) use sensed::Sight;
pub(crate) use status::{TaskStatus, statuses};
pub(crate) use task::{Other, Task, Work};
