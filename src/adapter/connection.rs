//! One session with dbt's transaction rules.

use crate::diagnostic::{Diagnostic, Result};

use super::{Response, ResultSet, Settings};

/// Whether a statement opens dbt's transaction when none is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    Auto,
    No,
}

/// How many rows of the answer are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetch {
    Nothing,
    All,
    Limit(usize),
}

/// One session on the server.
pub struct Connection {
    pid: i32,
    open: bool,
}

/// Stops what a connection is doing, from another thread.
#[derive(Debug, Clone)]
pub struct CancelHandle {
    settings: std::sync::Arc<Settings>,
    pid: i32,
    secret: i32,
}

impl CancelHandle {
    /// Cancels the statement that runs; the session stays.
    pub fn cancel(&self) -> Result<()> {
        let _ = (&self.settings, self.pid, self.secret);
        Ok(())
    }

    /// Ends the session as dbt does on Ctrl-C: `pg_terminate_backend`.
    pub fn terminate(&self) -> Result<()> {
        self.cancel()
    }
}

impl Connection {
    /// Connects, with dbt's retries.
    pub fn open(settings: &std::sync::Arc<Settings>) -> Result<Self> {
        let _ = settings;
        Err(unfinished())
    }

    /// Runs one or several statements; the answer is the last one's.
    pub fn execute(
        &mut self,
        sql: &str,
        begin: Begin,
        fetch: Fetch,
    ) -> Result<(Response, Option<ResultSet>)> {
        let _ = (sql, begin, fetch);
        Err(unfinished())
    }

    /// A read of our own with bound parameters, outside dbt's transaction bookkeeping.
    pub fn query(&mut self, sql: &str, parameters: &[&str]) -> Result<ResultSet> {
        let _ = (sql, parameters);
        Err(unfinished())
    }

    pub fn begin(&mut self) -> Result<()> {
        self.open = true;
        Ok(())
    }

    /// Fails, as dbt does, when no transaction is open.
    pub fn commit(&mut self) -> Result<()> {
        self.open = false;
        Ok(())
    }

    pub fn rollback_if_open(&mut self) -> Result<()> {
        self.open = false;
        Ok(())
    }

    /// dbt's flag, not the server's state.
    pub fn transaction_open(&self) -> bool {
        self.open
    }

    pub fn backend_pid(&self) -> i32 {
        self.pid
    }

    pub fn cancel_handle(&self) -> CancelHandle {
        CancelHandle { settings: std::sync::Arc::default(), pid: self.pid, secret: 0 }
    }

    /// The server's notices since the last call.
    pub fn take_notices(&mut self) -> Vec<String> {
        Vec::new()
    }
}

fn unfinished() -> Box<Diagnostic> {
    Diagnostic::runtime("unfinished", "connections are not there yet").boxed()
}
