//! What other processes ask of whoever is in charge of the schedule: to pause tasks, and to read again what they changed.

use jiff::Timestamp;

use super::interval::Interval;
use super::ledger::{Ledger, text};
use crate::diagnostic::Result;

impl Ledger {
    /// One query for each tick: it also shows whether the server is still there.
    pub(crate) fn look(&mut self) -> Result<()> {
        let changes = self.changes;
        self.read_requests()?;
        if self.changes == changes { Ok(()) } else { self.read() }
    }

    pub(crate) fn is_paused(&self, task: &str) -> bool {
        self.paused.contains(task)
    }

    /// Nothing of the task begins from the next tick on.
    pub(crate) fn pause(&mut self, task: &str) -> Result<()> {
        let statement = "insert into rsdbt.jobs as job (project, schema_name, paused) values ($1, $2, array[$3::text]) \
             on conflict (role, project, schema_name) do update \
             set paused = array_append(array_remove(job.paused, $3::text), $3::text)";
        self.connection.query(statement, &[&self.project, &self.schema, task]).map(drop)
    }

    pub(crate) fn resume(&mut self, task: &str) -> Result<()> {
        let statement = "update rsdbt.jobs set paused = array_remove(paused, $3::text) \
             where role = current_user and project = $1 and schema_name = $2";
        self.connection.query(statement, &[&self.project, &self.schema, task]).map(drop)
    }

    /// Whoever is in charge reads the intervals again.
    pub(crate) fn announce_changes(&mut self) -> Result<()> {
        let statement = "update rsdbt.jobs set changes = changes + 1 \
             where role = current_user and project = $1 and schema_name = $2";
        self.connection.query(statement, &[&self.project, &self.schema]).map(drop)
    }

    /// Changes an interval that nobody is at work on, from outside of the schedule.
    pub(crate) fn amend(&mut self, task: &str, logical_time: Timestamp, interval: Interval) -> Result<()> {
        let query = "select state from rsdbt.intervals where role = current_user and project = $1 and schema_name = $2 \
             and task = $3 and logical_time = $4::timestamptz and state = 'running'";
        let time = logical_time.to_string();
        let running = self.connection.query(query, &[&self.project, &self.schema, task, &time])?;
        if running.rows.is_empty() { self.record(task, logical_time, interval) } else { Ok(()) }
    }

    pub(super) fn read_requests(&mut self) -> Result<()> {
        if self.is_rehearsal {
            return Ok(());
        }
        let query = "select changes::text, array_to_json(paused)::text from rsdbt.jobs \
             where role = current_user and project = $1 and schema_name = $2";
        let rows = self.connection.query(query, &[&self.project, &self.schema])?;
        let Some(row) = rows.rows.first() else { return Ok(()) };
        self.changes = text(row, 0).and_then(|number| number.parse().ok()).unwrap_or_default();
        let paused = text(row, 1).and_then(|list| serde_json::from_str(list).ok());
        self.paused = paused.unwrap_or_default();
        Ok(())
    }
}
