//! A session that does nothing but hold advisory locks, and the proof that it still does.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::diagnostic::Result;

use super::early::Early;
use super::held_lock::HeldLock;
use super::{
    Begin, Cell, Connection, Fetch, Observer, Response, ResultSet, Settings, quote_literal, reconnect,
    refusal,
};

/// The session that has a lock.
#[derive(Debug)]
pub(crate) struct Holder {
    pub pid: i64,
    /// Since when the session exists, as far as it is visible: with the process it names one session.
    pub since: String,
    /// `pid 1, user nightly, application dbt, host 10.0.0.1, since ..`, as far as it is visible.
    pub description: String,
}

/// Locks of a transaction that stays open: behind a pooler a session's lock would outlive it.
pub(crate) struct LockSession {
    /// Until it is handed on.
    connection: Mutex<Option<Connection>>,
    /// As the server itself names it; a pooler may give another number.
    pid: i64,
    since: String,
}

impl LockSession {
    /// Connects; nothing is locked yet.
    pub(crate) fn open(settings: &Settings, early: &Early, observer: &dyn Observer) -> Result<Self> {
        let mut connection = reconnect::open(&Arc::new(settings.for_locks()), Some(&early.lock), observer)?;
        if !connection.is_open() {
            Self::prepare(&mut connection)?;
        }
        let own = "select pg_catalog.pg_backend_pid(), (select backend_start::text \
            from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()))";
        let (_, rows) = connection.add_query(own, Begin::Auto, Fetch::All)?;
        let mut cells = rows.into_iter().flat_map(|rows| rows.rows).flatten();
        let (Some(Cell::Int(pid)), since) = (cells.next(), cells.next()) else {
            return Err(refusal::internal("the server does not tell its process id"));
        };
        let since = since.map(since_text).unwrap_or_default();
        Ok(Self { connection: Mutex::new(Some(connection)), pid, since })
    }

    /// Whether it is the session that has a lock: one database may be reached under two names.
    pub(crate) fn is(&self, holder: &Holder) -> bool {
        self.pid == holder.pid && self.since == holder.since && !self.since.is_empty()
    }

    /// A session of its own becomes one that may idle, in the transaction that is going to hold the locks.
    pub(crate) fn prepare(connection: &mut Connection) -> Result<()> {
        connection.clear_transaction()?;
        // no timeout ends a session that idles for hours; the server looks whether the client is still there
        let sql = "select pg_catalog.set_config(name, case when name like 'tcp%' then '30' else '0' end, false) \
            from pg_catalog.pg_settings where name = any(array['idle_in_transaction_session_timeout', \
            'idle_session_timeout', 'statement_timeout', 'lock_timeout', 'transaction_timeout', \
            'tcp_keepalives_idle', 'tcp_keepalives_interval'])";
        connection.query(sql, &[])?;
        connection.add_query("select", Begin::Auto, Fetch::Nothing).map(drop)
    }

    /// Locks a name for this program, or says that somebody else holds it.
    pub(crate) fn try_lock(&self, name: &str) -> Result<bool> {
        let sql = format!(
            "select pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtext('rsdbt'), pg_catalog.hashtext({}))",
            quote_literal(name)
        );
        let (_, rows) = self.ask(&sql)?;
        Ok(first(rows) == Some(Cell::Bool(true)))
    }

    /// From now on who holds the lock of a name can know that somebody waits for it.
    pub(crate) fn announce(&self, name: &str) -> Result<()> {
        self.ask(&format!("select pg_catalog.pg_try_advisory_lock_shared({})", waiting(name))).map(drop)
    }

    /// It waits no longer.
    pub(crate) fn withdraw(&self, name: &str) -> Result<()> {
        self.ask(&format!("select pg_catalog.pg_advisory_unlock_shared({})", waiting(name))).map(drop)
    }

    /// Whether another session waits for the lock of a name.
    pub(crate) fn is_awaited(&self, name: &str) -> bool {
        let sql = format!(
            "select true from pg_catalog.pg_locks as waits, (select {}) as place (class, object) \
             where waits.locktype = 'advisory' and waits.granted and waits.objsubid = 2 and waits.pid operator(pg_catalog.<>) pg_catalog.pg_backend_pid() \
             and waits.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database()) \
             and waits.classid::int8 = (place.class::int8 & 4294967295) and waits.objid::int8 = (place.object::int8 & 4294967295) limit 1",
            waiting(name)
        );
        self.ask(&sql).is_ok_and(|(_, rows)| first(rows) == Some(Cell::Bool(true)))
    }

    fn connection(&self) -> MutexGuard<'_, Option<Connection>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, sql: &str) -> Result<(Response, Option<ResultSet>)> {
        match self.connection().as_mut() {
            Some(connection) => connection.add_query(sql, Begin::Auto, Fetch::All),
            None => Err(refusal::internal("the session of the locks was handed on")),
        }
    }

    /// Gives up the locks, and leaves the session to the next run where one follows at once.
    pub(crate) fn hand_on(&self, early: &Early) {
        let connection = self.connection().take();
        if let Some(mut connection) = connection
            && early.keeps()
            && connection.abandon().is_ok()
            && !connection.is_lost()
        {
            early.lock.keep(connection);
        }
    }

    /// Who holds the lock of a name, as far as the role may see: `pid 1, user "x", ..`.
    pub(crate) fn holder(&self, name: &str) -> Option<Holder> {
        let sql = format!(
            "select held.pid, who.backend_start::text, pg_catalog.concat_ws(', ', 'pid ' operator(pg_catalog.||) held.pid, \
             'user ' operator(pg_catalog.||) pg_catalog.quote_ident(who.usename::text), \
             'application ' operator(pg_catalog.||) pg_catalog.quote_ident(nullif(who.application_name, '')), \
             'host ' operator(pg_catalog.||) pg_catalog.host(who.client_addr), \
             'since ' operator(pg_catalog.||) pg_catalog.to_char(pg_catalog.timezone('UTC', who.xact_start), 'YYYY-MM-DD HH24:MI:SS') \
             operator(pg_catalog.||) ' UTC') from pg_catalog.pg_locks as held \
             left join pg_catalog.pg_stat_activity as who on who.pid operator(pg_catalog.=) held.pid \
             where held.locktype = 'advisory' and held.granted and held.objsubid = 2 and held.pid is not null \
             and held.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database()) \
             and held.classid::int8 = (pg_catalog.hashtext('rsdbt')::int8 & 4294967295) \
             and held.objid::int8 = (pg_catalog.hashtext({})::int8 & 4294967295) limit 1",
            quote_literal(name)
        );
        let (_, rows) = self.ask(&sql).ok()?;
        let mut cells = rows?.rows.into_iter().next()?.into_iter();
        match (cells.next()?, cells.next()?, cells.next()?) {
            (Cell::Int(pid), since, Cell::Text(description)) => {
                Some(Holder { pid, since: since_text(since), description })
            }
            _ => None,
        }
    }
}

/// The two numbers of the lock that who waits for a name has.
fn waiting(name: &str) -> String {
    format!("pg_catalog.hashtext('rsdbt waits'), pg_catalog.hashtext({})", quote_literal(name))
}

impl HeldLock for LockSession {
    /// The end of a session is heard of at once, the end of a network is not.
    fn is_held(&self) -> bool {
        let mut connection = self.connection();
        let Some(connection) = connection.as_mut() else { return false };
        if !connection.is_lost() && connection.has_news() {
            let _ = connection.add_query("select", Begin::Auto, Fetch::Nothing);
        }
        !connection.is_lost() && connection.transaction_open()
    }

    fn proof(&self) -> String {
        format!(
            "select (case when exists (select from pg_catalog.pg_stat_get_activity({})) then '1' \
             else 'rsdbt: the session that holds the lock of this run is gone' end)::pg_catalog.int4",
            self.pid
        )
    }
}

impl Drop for LockSession {
    /// A run that begins when this one has ended finds the locks free: the server may take its time to end a session.
    fn drop(&mut self) {
        if let Some(connection) = self.connection().as_mut().filter(|connection| !connection.is_lost()) {
            let _ = connection.abandon();
        }
    }
}

impl std::fmt::Debug for LockSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LockSession").field("pid", &self.pid).finish_non_exhaustive()
    }
}

fn since_text(cell: Cell) -> String {
    match cell {
        Cell::Text(text) => text,
        _ => String::new(),
    }
}

fn first(rows: Option<ResultSet>) -> Option<Cell> {
    rows?.rows.into_iter().flatten().next()
}
