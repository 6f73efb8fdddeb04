//! What runs by itself: tasks with a cron, the intervals that are due, and a ledger of them in Postgres.

mod clock;
mod due;
mod ledger;
mod past;
mod task;

pub(crate) use clock::Clock;
pub(crate) use due::{Next, next};
pub(crate) use ledger::{Interval, Ledger, State};
pub(crate) use task::{Task, tasks};
