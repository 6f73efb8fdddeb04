//! What runs by itself: tasks with a cron, the intervals that are due, and a ledger of them in Postgres.

mod clock;
mod due;
mod ledger;
mod past;
mod task;

pub use clock::Clock;
pub use due::{Next, next};
pub use ledger::{Interval, Ledger, State};
pub use task::{Task, tasks};
