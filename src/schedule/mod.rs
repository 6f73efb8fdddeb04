//! What runs by itself: tasks with a cron, the intervals that are due, and a ledger of them in Postgres.

mod clock;
mod due;
mod interval;
mod ledger;
mod past;
mod task;

pub(crate) use clock::Clock;
pub(crate) use due::{Next, next};
pub(crate) use interval::{Interval, IntervalState};
pub(crate) use ledger::{Ledger, TAKEN};
pub(crate) use task::{Task, of_other_targets, tasks};
