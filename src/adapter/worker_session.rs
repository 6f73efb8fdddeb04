//! One worker's session: connected when it is first used, watched while it works, reused for the next node.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::diagnostic::{Diagnostic, Result};

use super::early::Early;
use super::fate::Fate;
use super::held_lock::HeldLock;
use super::lost_commit::{LostCommit, unknown};
use super::observer::{Observer, Unobserved};
use super::{
    Begin, CacheChange, Connection, Fetch, QueryComment, RelationCache, Response, ResultSet, Settings,
    is_transient, reconnect,
};

/// A session that several values of one thread share.
pub(crate) struct WorkerSession {
    settings: Arc<Settings>,
    state: Mutex<WorkerState>,
}

struct WorkerState {
    connection: Option<Connection>,
    comment: Option<QueryComment>,
    observer: Arc<dyn Observer>,
    /// `step_outside` was asked for before there was a connection.
    cleared: bool,
    committed: bool,
    /// A node has used the connection: it is made as good as new when the next one needs it.
    used: bool,
    /// The node's own server settings, for each connection that it gets.
    own_settings: Vec<(String, String)>,
    has_settings: bool,
    /// The run's lock, for each connection that the node gets.
    lock: Option<Arc<dyn HeldLock>>,
    /// What the open transaction changed in the cache: taken back when it is rolled back.
    changes: Vec<(Arc<RelationCache>, CacheChange)>,
    lost_commit: Option<LostCommit>,
    /// The next connection goes on after a commit; dbt's flag.
    resume: Option<bool>,
    early: Option<Arc<Early>>,
}

impl WorkerSession {
    /// The first of a run takes the connection that is on its way.
    pub(crate) fn new(settings: &Arc<Settings>, early: Option<Arc<Early>>) -> Arc<Self> {
        let state = WorkerState {
            connection: None,
            comment: None,
            observer: Arc::new(Unobserved),
            cleared: false,
            committed: false,
            used: false,
            own_settings: Vec::new(),
            has_settings: true,
            lock: None,
            changes: Vec::new(),
            lost_commit: None,
            resume: None,
            early,
        };
        Arc::new(Self { settings: Arc::clone(settings), state: Mutex::new(state) })
    }

    /// Who is told from now on; an open connection is announced at once.
    pub(crate) fn observe(&self, observer: Arc<dyn Observer>) {
        let mut state = self.lock();
        if let Some(connection) = &state.connection {
            observer.opened(&connection.cancel_handle());
        }
        state.observer = observer;
    }

    /// The query comment of the statements that follow.
    pub(crate) fn set_comment(&self, comment: Option<QueryComment>) {
        let mut state = self.lock();
        if let Some(connection) = &mut state.connection {
            connection.set_comment(comment.clone());
        }
        state.comment = comment;
    }

    /// Server settings for the statements until `release`, as in `work_mem` and `1GB`.
    pub(crate) fn set_settings(&self, settings: Vec<(String, String)>) {
        let mut state = self.lock();
        state.has_settings = settings.is_empty();
        state.own_settings = settings;
    }

    /// Until `release` nothing is committed unless the lock is held.
    pub(crate) fn require_lock(&self, lock: Option<Arc<dyn HeldLock>>) {
        let mut state = self.lock();
        if !state.used
            && let Some(connection) = &mut state.connection
        {
            connection.require_lock(lock.clone());
        }
        state.lock = lock;
    }

    /// Connects ahead of the first work. Should it fail, whoever works first meets the same error and reports it.
    pub(crate) fn connect(&self) {
        let _ = self.with(|_| Ok(()));
    }

    /// Works on the connection, which is opened when there is none. `work` must not come back here.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T>) -> Result<T> {
        let mut state = self.lock();
        let WorkerState {
            connection,
            early,
            comment,
            observer,
            cleared,
            used,
            own_settings,
            has_settings,
            lock,
            resume,
            ..
        } = &mut *state;
        refuse_if_cancelled(&**observer)?;
        let mut fresh = std::mem::take(used);
        if fresh && connection.as_mut().is_some_and(|open| open.reset().is_err() || open.is_lost()) {
            *connection = None;
        }
        if connection.is_none() {
            let opened =
                reconnect::open(&self.settings, early.as_ref().map(|early| &early.first), &**observer)?;
            observer.opened(&opened.cancel_handle());
            *connection = Some(opened);
            fresh = true;
            // who cancelled everything before this one was known looks for it no more
            if let Err(cancelled) = refuse_if_cancelled(&**observer) {
                *used = true;
                return Err(cancelled);
            }
        }
        let Some(open) = connection else { return Err(super::refusal::internal("no connection")) };
        if fresh {
            open.set_comment(comment.clone());
            open.require_lock(lock.clone());
            *has_settings = own_settings.is_empty();
            if let Some(flag) = resume.take() {
                open.resume(flag);
            }
        }
        let ready = if std::mem::take(cleared) { open.step_outside() } else { Ok(()) };
        let ready = ready.and_then(|()| {
            if std::mem::replace(has_settings, true) { Ok(()) } else { open.set_settings(own_settings) }
        });
        let done = ready.and_then(|()| work(open));
        if open.is_lost() {
            state.lost_commit = open.take_lost_commit();
            state.connection = None;
        }
        done
    }

    /// Changes what is known of the server's relations: for good, or until the open transaction is rolled back.
    pub(crate) fn change_cache<T>(
        &self,
        cache: &Arc<RelationCache>,
        change: impl FnOnce(&RelationCache) -> (T, CacheChange),
    ) -> T {
        let (result, change) = change(cache);
        let mut state = self.lock();
        let lasts = state.connection.as_ref().is_some_and(|open| !state.used && open.commits_at_once());
        if !lasts {
            state.changes.push((Arc::clone(cache), change));
        }
        result
    }

    /// Reads a schema into the cache; what is read of the transaction's own work lasts only as long as it.
    pub(crate) fn load_schema(&self, cache: &Arc<RelationCache>, schema: &str) -> Result<()> {
        let own = self.lock().connection.as_ref().is_some_and(Connection::has_written);
        if own {
            self.change_cache(cache, |cache| ((), cache.reading(schema)));
        }
        self.with(|connection| cache.load(connection, &[schema]))
    }

    pub(crate) fn execute(
        &self,
        sql: &str,
        begin: Begin,
        fetch: Fetch,
    ) -> Result<(Response, Option<ResultSet>)> {
        self.watched(
            sql,
            |connection| connection.execute(sql, begin, fetch),
            |(response, _)| response.clone(),
        )
    }

    /// Without the query comment.
    pub(crate) fn add_query(
        &self,
        sql: &str,
        begin: Begin,
        fetch: Fetch,
    ) -> Result<(Response, Option<ResultSet>)> {
        self.watched(
            sql,
            |connection| connection.add_query(sql, begin, fetch),
            |(response, _)| response.clone(),
        )
    }

    /// Reads the catalogs with nothing else in the search path.
    pub(crate) fn introspect(&self, sql: &str) -> Result<(Response, Option<ResultSet>)> {
        self.watched(sql, |connection| connection.introspect(sql), |(response, _)| response.clone())
    }

    /// Work that sends `sql`, told to the observer.
    pub(crate) fn watched<T>(
        &self,
        sql: &str,
        work: impl FnOnce(&mut Connection) -> Result<T>,
        response: impl FnOnce(&T) -> Response,
    ) -> Result<T>
    where
        T: Committed,
    {
        let observer = Arc::clone(&self.lock().observer);
        observer.sent(sql);
        let begun = Instant::now();
        let done = self.with(work).or_else(|error| self.ask_for_outcome(error))?;
        self.note_commit();
        observer.answered(&response(&done), begun.elapsed());
        Ok(done)
    }

    /// A statement outside of a transaction that may be carried out twice: a lost reply does not matter.
    pub(crate) fn repeat(&self, sql: &str) -> Result<Response> {
        let mut pause = Duration::from_millis(50);
        let flag = self.with(|connection| Ok(connection.transaction_open()))?;
        loop {
            self.with(|connection| {
                connection.resume(flag);
                Ok(())
            })?;
            let error = match self.execute(sql, Begin::No, Fetch::Nothing) {
                Ok((response, _)) => return Ok(response),
                Err(error) => error,
            };
            let unknown = error.server.as_ref().is_some_and(|server| server.sqlstate == "08007");
            if pause > Duration::from_secs(4) || !(unknown || is_transient(&error)) {
                return Err(error);
            }
            std::thread::sleep(pause);
            pause *= 4;
        }
    }

    pub(crate) fn commit(&self) -> Result<()> {
        let observer = Arc::clone(&self.lock().observer);
        if let Some(objection) = observer.objection() {
            return Err(objection);
        }
        self.with(Connection::commit).or_else(|error| self.ask_for_outcome(error))?;
        self.note_commit();
        observer.committed();
        Ok(())
    }

    /// After a lost reply to a COMMIT: the server says whether it took place.
    fn ask_for_outcome<T: Committed>(&self, error: Box<Diagnostic>) -> Result<T> {
        let Some(lost) = self.lock().lost_commit.take() else { return Err(error) };
        let observer = Arc::clone(&self.lock().observer);
        let statement = error.server.as_ref().map(|server| Arc::clone(&server.statement)).unwrap_or_default();
        match lost.fate(&self.settings, &*observer) {
            Fate::RolledBack => Err(error),
            Fate::Committed => {
                {
                    let mut state = self.lock();
                    state.committed = true;
                    state.changes.clear();
                    state.resume = Some(lost.open);
                }
                if lost.more {
                    return Err(unknown(
                        &statement,
                        "connection lost after a COMMIT; the transaction is committed, but whether the statements after it took effect is not known",
                    ));
                }
                observer.note(
                    "connection lost while committing; the server confirms that the transaction is committed",
                );
                Ok(T::committed())
            }
            Fate::Unknown(why) => {
                self.lock().committed = true;
                let message = format!(
                    "connection lost while committing; whether the transaction was committed is not known: {why}"
                );
                Err(unknown(&statement, &message))
            }
        }
    }

    /// Whether something that was sent since the last `release` lasts already: then the node cannot be
    /// tried again from its beginning.
    pub(crate) fn has_committed(&self) -> bool {
        self.lock().committed
    }

    /// What follows can be tried again by itself, whatever was committed before.
    pub(crate) fn begin_unit(&self) {
        self.lock().committed = false;
    }

    /// `was_open`: before the texts that may have ended the transaction.
    pub(crate) fn stay_in_transaction(&self, was_open: bool) {
        if let Some(connection) = &mut self.lock().connection
            && (was_open || connection.is_open())
        {
            connection.begin_again();
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.lock().connection.as_ref().is_some_and(Connection::is_open)
    }

    /// The node's own work is done.
    pub(crate) fn note_work(&self) {
        if let Some(connection) = &mut self.lock().connection {
            connection.note_work();
        }
    }

    /// Whether a text of the project has begun a transaction and not ended it.
    pub(crate) fn left_open(&self) -> bool {
        let state = self.lock();
        !state.used && state.connection.as_ref().is_some_and(Connection::in_transaction)
    }

    fn note_commit(&self) {
        let mut state = self.lock();
        if state.connection.as_ref().is_some_and(|connection| !connection.in_transaction()) {
            state.committed = true;
            state.changes.clear();
        }
    }

    /// Before hooks and operations, and whatever else is no node's work.
    pub(crate) fn step_outside(&self) -> Result<()> {
        let mut state = self.lock();
        if !state.used
            && let Some(connection) = &mut state.connection
        {
            return connection.step_outside();
        }
        state.cleared = true;
        Ok(())
    }

    /// The end of a node: what was not committed is gone, and the next node will find a fresh session.
    pub(crate) fn release(&self) {
        let mut state = self.lock();
        state.observer = Arc::new(Unobserved);
        state.comment = None;
        state.cleared = false;
        state.committed = false;
        state.own_settings.clear();
        state.has_settings = true;
        state.lock = None;
        state.lost_commit = None;
        state.resume = None;
        if state.connection.as_mut().is_some_and(|open| open.abandon().is_err() || open.is_lost()) {
            state.connection = None;
        }
        state.used = state.connection.is_some();
        for (cache, change) in std::mem::take(&mut state.changes).into_iter().rev() {
            cache.take_back(change);
        }
    }

    /// Leaves the connection to the next run, where one follows at once.
    pub(crate) fn hand_on(&self, early: &Early) {
        let mut state = self.lock();
        let is_free = state.used && early.keeps();
        if let Some(connection) = state.connection.take_if(|connection| is_free && !connection.is_lost()) {
            early.first.keep(connection);
        }
    }

    #[cfg(test)]
    fn cancel_handle(&self) -> Option<super::CancelHandle> {
        self.lock().connection.as_ref().map(Connection::cancel_handle)
    }

    fn lock(&self) -> MutexGuard<'_, WorkerState> {
        // after a panic the connection is reset or dropped by the next `release`
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refuse_if_cancelled(observer: &dyn Observer) -> Result<()> {
    if observer.is_cancelled() {
        return Err(Diagnostic::database("cancelled", "canceling statement due to user request").boxed());
    }
    Ok(())
}

/// The answer to a COMMIT, where the server's own was lost.
pub(crate) trait Committed {
    fn committed() -> Self;
}

impl Committed for () {
    fn committed() -> Self {}
}

impl Committed for (Response, Option<ResultSet>) {
    fn committed() -> Self {
        (Response::from_tag("COMMIT"), None)
    }
}

impl Committed for Option<Response> {
    fn committed() -> Self {
        Some(Response::from_tag("COMMIT"))
    }
}

impl Committed for Response {
    fn committed() -> Self {
        Self::from_tag("COMMIT")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::adapter::{CancelHandle, RelationKind, test_database};

    #[test]
    fn a_lost_connection_is_opened_again_and_release_forgets() {
        let session = WorkerSession::new(&test_database::settings(), None);
        session.execute("create temp table t ()", Begin::Auto, Fetch::Nothing).unwrap();
        assert!(!session.has_committed());
        session.commit().unwrap();
        assert!(session.has_committed());
        session.release();
        assert!(session.execute("select from t", Begin::No, Fetch::Nothing).is_err());
        test_database::terminate(session.cancel_handle().unwrap().backend_pid());
        assert!(session.execute("select 1", Begin::No, Fetch::Nothing).is_err());
        session.execute("select 1", Begin::No, Fetch::Nothing).unwrap();
    }

    #[test]
    fn what_a_rolled_back_transaction_changed_in_the_cache_is_taken_back() {
        let (mut other, schema) = test_database::connect_with_schema();
        other.commit().unwrap();
        let session = WorkerSession::new(&test_database::settings(), None);
        let cache: Arc<RelationCache> = Arc::default();
        session.load_schema(&cache, &schema).unwrap();
        let create = |name: &str| {
            let sql = format!("create table {schema}.{name} ()");
            session.execute(&sql, Begin::Auto, Fetch::Nothing).unwrap();
            session.change_cache(&cache, |cache| ((), cache.add(&schema, name, RelationKind::Table)));
        };
        create("kept");
        session.commit().unwrap();
        create("gone");
        assert!(cache.kind(&schema, "gone").is_some());
        session.release();
        assert_eq!(cache.kind(&schema, "gone"), None);
        assert_eq!(cache.kind(&schema, "kept"), Some(RelationKind::Table));
        other.execute(&format!("drop schema {schema} cascade"), Begin::Auto, Fetch::Nothing).unwrap();
        other.commit().unwrap();
    }

    /// Cancels everything while the session is opened, when nobody knows of it yet.
    #[derive(Default)]
    struct Impatient(AtomicBool);

    impl Observer for Impatient {
        fn opened(&self, _: &CancelHandle) {
            self.0.store(true, Ordering::Relaxed);
        }

        fn is_cancelled(&self) -> bool {
            self.0.load(Ordering::Relaxed)
        }
    }

    #[test]
    fn a_session_that_opens_after_the_end_was_called_for_sends_nothing() {
        let session = WorkerSession::new(&test_database::settings(), None);
        session.observe(Arc::new(Impatient::default()));
        let error = session.execute("select 1", Begin::No, Fetch::Nothing).unwrap_err();
        assert_eq!(error.code, "cancelled");
        session.release();
        session.execute("select 1", Begin::No, Fetch::Nothing).unwrap();
    }

    #[test]
    fn a_nodes_settings_last_until_release() {
        let session = WorkerSession::new(&test_database::settings(), None);
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
