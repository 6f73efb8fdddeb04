//! One worker's session: connected when it is first used, watched while it works, reused for the next node.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::diagnostic::Result;

use super::{Begin, CancelHandle, Connection, Fetch, QueryComment, Response, ResultSet, Settings};

/// Told what a session does, for events and for Ctrl-C.
pub trait Observer: Send + Sync {
    fn opened(&self, handle: &CancelHandle) {
        let _ = handle;
    }

    fn sent(&self, sql: &str) {
        let _ = sql;
    }

    fn answered(&self, response: &Response, elapsed: Duration) {
        let _ = (response, elapsed);
    }

    fn committed(&self) {}
}

/// Watches nothing.
pub struct Unobserved;

impl Observer for Unobserved {}

/// A session that several values of one thread share.
pub struct Session {
    settings: Arc<Settings>,
    state: Mutex<State>,
}

struct State {
    connection: Option<Connection>,
    comment: Option<QueryComment>,
    observer: Arc<dyn Observer>,
    /// dbt's `clear_transaction` was asked for before there was a connection.
    cleared: bool,
    committed: bool,
    /// A node has used the connection: it is made as good as new when the next one needs it.
    used: bool,
    /// The node's own server settings, until they are sent.
    own_settings: Vec<(String, String)>,
}

impl Session {
    pub fn new(settings: &Arc<Settings>) -> Arc<Self> {
        let state = State {
            connection: None,
            comment: None,
            observer: Arc::new(Unobserved),
            cleared: false,
            committed: false,
            used: false,
            own_settings: Vec::new(),
        };
        Arc::new(Self { settings: Arc::clone(settings), state: Mutex::new(state) })
    }

    pub fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    /// Who is told from now on; an open connection is announced at once.
    pub fn observe(&self, observer: Arc<dyn Observer>) {
        let mut state = self.lock();
        if let Some(connection) = &state.connection {
            observer.opened(&connection.cancel_handle());
        }
        state.observer = observer;
    }

    /// The query comment of the statements that follow.
    pub fn set_comment(&self, comment: Option<QueryComment>) {
        let mut state = self.lock();
        if let Some(connection) = &mut state.connection {
            connection.set_comment(comment.clone());
        }
        state.comment = comment;
    }

    /// Server settings for the statements until `release`, as in `work_mem` and `1GB`.
    pub fn set_settings(&self, settings: Vec<(String, String)>) {
        self.lock().own_settings = settings;
    }

    /// Works on the connection, which is opened when there is none. `work` must not come back here.
    pub fn with<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T>) -> Result<T> {
        let mut state = self.lock();
        let State { connection, comment, observer, cleared, used, own_settings, .. } = &mut *state;
        let mut fresh = std::mem::take(used);
        if fresh && connection.as_mut().is_some_and(|open| open.reset().is_err()) {
            *connection = None;
        }
        if connection.is_none() {
            let opened = Connection::open(&self.settings)?;
            observer.opened(&opened.cancel_handle());
            *connection = Some(opened);
            fresh = true;
        }
        let Some(open) = connection else { return Err(super::connection::internal("no connection")) };
        if fresh {
            open.set_comment(comment.clone());
        }
        if std::mem::take(cleared) {
            open.clear_transaction()?;
        }
        if !own_settings.is_empty() {
            open.set_settings(own_settings)?;
            own_settings.clear();
        }
        let done = work(open);
        if done.as_ref().is_err_and(|error| is_lost(error)) {
            *connection = None;
        }
        done
    }

    pub fn execute(&self, sql: &str, begin: Begin, fetch: Fetch) -> Result<(Response, Option<ResultSet>)> {
        self.watched(
            sql,
            |connection| connection.execute(sql, begin, fetch),
            |(response, _)| response.clone(),
        )
    }

    /// Without the query comment.
    pub fn add_query(&self, sql: &str, begin: Begin, fetch: Fetch) -> Result<(Response, Option<ResultSet>)> {
        self.watched(
            sql,
            |connection| connection.add_query(sql, begin, fetch),
            |(response, _)| response.clone(),
        )
    }

    /// Work that sends `sql`, told to the observer.
    pub fn watched<T>(
        &self,
        sql: &str,
        work: impl FnOnce(&mut Connection) -> Result<T>,
        response: impl FnOnce(&T) -> Response,
    ) -> Result<T> {
        let observer = Arc::clone(&self.lock().observer);
        observer.sent(sql);
        let begun = Instant::now();
        let done = self.with(work)?;
        self.note_commit();
        observer.answered(&response(&done), begun.elapsed());
        Ok(done)
    }

    pub fn commit(&self) -> Result<()> {
        let observer = Arc::clone(&self.lock().observer);
        self.with(Connection::commit)?;
        self.note_commit();
        observer.committed();
        Ok(())
    }

    /// Whether something that was sent since the last `release` lasts already: then the node cannot be
    /// tried again from its beginning.
    pub fn has_committed(&self) -> bool {
        self.lock().committed
    }

    fn note_commit(&self) {
        let mut state = self.lock();
        state.committed |= state.connection.as_ref().is_some_and(|connection| !connection.in_transaction());
    }

    /// dbt's `clear_transaction`, before hooks and operations.
    pub fn clear_transaction(&self) -> Result<()> {
        let mut state = self.lock();
        if !state.used
            && let Some(connection) = &mut state.connection
        {
            return connection.clear_transaction();
        }
        state.cleared = true;
        Ok(())
    }

    /// The end of a node: what was not committed is gone, and the next node will find a fresh session.
    pub fn release(&self) {
        let mut state = self.lock();
        state.observer = Arc::new(Unobserved);
        state.comment = None;
        state.cleared = false;
        state.committed = false;
        state.own_settings.clear();
        if state.connection.as_mut().is_some_and(|connection| connection.abandon().is_err()) {
            state.connection = None;
        }
        state.used = state.connection.is_some();
    }

    pub fn cancel_handle(&self) -> Option<CancelHandle> {
        self.lock().connection.as_ref().map(Connection::cancel_handle)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // after a panic the connection is reset or dropped by the next `release`
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_lost(error: &crate::diagnostic::Diagnostic) -> bool {
    let state = error.server.as_ref().map(|server| server.sqlstate.as_str());
    matches!(state, Some("08006" | "57P01" | "57P02"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::test_database;

    #[test]
    fn a_lost_connection_is_opened_again_and_release_forgets() {
        let session = Session::new(&test_database::settings());
        session.execute("create temp table t ()", Begin::Auto, Fetch::Nothing).unwrap();
        assert!(!session.has_committed());
        session.commit().unwrap();
        assert!(session.has_committed());
        session.release();
        assert!(session.execute("select from t", Begin::No, Fetch::Nothing).is_err());
        session.cancel_handle().unwrap().terminate().unwrap();
        assert!(session.execute("select 1", Begin::No, Fetch::Nothing).is_err());
        session.execute("select 1", Begin::No, Fetch::Nothing).unwrap();
    }

    #[test]
    fn a_nodes_settings_last_until_release() {
        let session = Session::new(&test_database::settings());
        let timeout = || {
            let sql = "select current_setting('statement_timeout')";
            session.execute(sql, Begin::No, Fetch::All).unwrap().1.unwrap().rows[0][0].clone()
        };
        let before = timeout();
        session.release();
        session.set_settings(vec![("statement_timeout".into(), "7min".into())]);
        assert_eq!(timeout(), crate::adapter::Cell::Text("7min".into()));
        session.release();
        assert_eq!(timeout(), before);
        session.set_settings(vec![("no_such_setting".into(), "1".into())]);
        let error = session.execute("select 1", Begin::No, Fetch::Nothing).unwrap_err();
        assert!(error.message.starts_with("unrecognized configuration parameter"), "{}", error.message);
    }
}
