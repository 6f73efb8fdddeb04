//! One session with dbt's transaction rules.
//!
//! Statements travel by the simple query protocol, as psycopg2 sends them: a text may hold several, the
//! answer is the last one's, and it carries the server's own command tag and the columns' types.

use std::sync::Arc;

use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;

use crate::diagnostic::{Diagnostic, Result};
use crate::interrupt;

use super::answer::Answer;
use super::cancel::CancelHandle;
use super::ending::Ending;
use super::held_lock::HeldLock;
use super::identity::{self, ServerIdentity};
use super::lost_commit::LostCommit;
use super::refusal::{copy_ended, internal, is_copy_ended, refuse_nul, rolled_back};
use super::savepoints::Savepoints;
use super::server_error::{Fields, connection_lost};
use super::wire::{Status, Wire};
use super::{
    Begin, Fetch, QueryComment, Response, ResultSet, Settings, open, quote_identifier, quote_literal,
};

mod ahead;
mod bracket;
mod copy_out;
mod footprint;
mod introspection;
mod known;
mod life;
mod transaction;

use ahead::Ahead;
use bracket::Bracket;
use footprint::Footprint;
use known::Known;
use life::Life;

const BEGIN: &str = "BEGIN;";

/// One session on the server.
pub struct Connection {
    wire: Wire,
    place: open::Peer,
    settings: Arc<Settings>,
    comment: Option<QueryComment>,
    bracket: Bracket,
    footprint: Footprint,
    savepoints: Savepoints,
    server: Known,
    /// The run's lock: without it nothing is committed.
    lock: Option<Arc<dyn HeldLock>>,
    /// Sent in front of the next statement.
    ahead: Vec<Ahead>,
    /// How far the server's places in a statement are off, in characters.
    shift: usize,
    life: Life,
    /// Rows of a `copy .. to stdout` are on their way.
    copying: bool,
    /// Set together with an error: an end of a transaction was sent, and its reply never came.
    lost_commit: Option<LostCommit>,
}

impl Connection {
    /// Connects, with dbt's retries, and sets the role. A signal ends the attempt at once.
    pub fn open(settings: &Arc<Settings>) -> Result<Self> {
        let own = Arc::clone(settings);
        interrupt::unless_interrupted(move || Self::open_at_leisure(&own))
            .unwrap_or_else(|| Err(Self::interrupted()))
    }

    /// The session as one of these settings, with which it was opened.
    pub(super) fn of(mut self, settings: &Arc<Settings>) -> Self {
        self.settings = Arc::clone(settings);
        self
    }

    pub(super) fn interrupted() -> Box<Diagnostic> {
        Diagnostic::runtime("interrupted", "interrupted while connecting to the server").boxed()
    }

    /// The same, and nobody listens for signals.
    pub(super) fn open_at_leisure(settings: &Arc<Settings>) -> Result<Self> {
        let (wire, place) = open::start(settings)?;
        let mut connection = Self {
            wire,
            place,
            settings: Arc::clone(settings),
            comment: None,
            bracket: Bracket::default(),
            footprint: Footprint::default(),
            savepoints: Savepoints::default(),
            server: Known::NotYet,
            lock: None,
            ahead: Vec::new(),
            shift: 0,
            life: Life::Alive,
            copying: false,
            lost_commit: None,
        };
        connection.set_role()?;
        settings.contact.reached();
        Ok(connection)
    }

    /// Runs one or several statements; the answer is the last one's. The query comment is added.
    pub fn execute(
        &mut self,
        sql: &str,
        begin: Begin,
        fetch: Fetch,
    ) -> Result<(Response, Option<ResultSet>)> {
        let commented = self.comment.as_ref().map(|comment| comment.add_to(sql));
        self.add_query(commented.as_deref().unwrap_or(sql), begin, fetch)
    }

    /// Like [`Self::execute`], without the query comment.
    pub(crate) fn add_query(
        &mut self,
        sql: &str,
        begin: Begin,
        fetch: Fetch,
    ) -> Result<(Response, Option<ResultSet>)> {
        self.enter_transaction(begin)?;
        let answer = self.statement(sql, fetch);
        self.roll_back_after_error(answer)
    }

    /// Runs a statement that may fail with one of the SQLSTATEs: then nothing has happened, the transaction
    /// goes on, and the answer is `None`.
    pub(crate) fn attempt(&mut self, sql: &str, tolerated: &[&str]) -> Result<Option<Response>> {
        let commented = self.comment.as_ref().map(|comment| comment.add_to(sql));
        let text = commented.as_deref().unwrap_or(sql);
        self.enter_transaction(Begin::Auto)?;
        let is_tolerated = |answer: &Result<_>| {
            let sqlstate = |error: &Diagnostic| error.server.as_ref().map(|server| server.sqlstate.clone());
            answer
                .as_ref()
                .err()
                .and_then(|error| sqlstate(error))
                .is_some_and(|state| tolerated.contains(&state.as_str()))
        };
        if !self.is_inside() {
            // a statement that commits by itself undoes itself, too
            let answer = self.statement(text, Fetch::Nothing);
            if is_tolerated(&answer) {
                return Ok(None);
            }
            return self.roll_back_after_error(answer).map(|(response, _)| Some(response));
        }
        let savepoint = self.simple_query("savepoint attempt", Fetch::Nothing);
        self.roll_back_after_error(savepoint)?;
        let answer = self.simple_query(text, Fetch::Nothing);
        self.footprint.wrote = true;
        if is_tolerated(&answer) {
            let undone = self.simple_query("rollback to savepoint attempt", Fetch::Nothing);
            return self.roll_back_after_error(undone).map(|_| None);
        }
        self.roll_back_after_error(answer).map(|(response, _)| Some(response))
    }

    /// A read of our own with bound text parameters; part of whatever transaction is open.
    pub(crate) fn query(&mut self, sql: &str, parameters: &[&str]) -> Result<ResultSet> {
        let (_, rows) = self.bound_query(sql, parameters)?;
        Ok(rows.unwrap_or_default())
    }

    /// Streams a `copy .. from stdin`: `fill` appends the next piece and says whether more follows.
    pub(crate) fn copy_in(
        &mut self,
        sql: &str,
        begin: Begin,
        fill: &mut dyn FnMut(&mut Vec<u8>) -> Result<bool>,
    ) -> Result<Response> {
        self.enter_transaction(begin)?;
        let inside = self.is_inside();
        let answer = self.prove_lock_outside().and_then(|()| self.copy(sql, fill));
        self.footprint.wrote |= inside;
        let answer = answer.map_err(|error| {
            if self.is_lost() { self.outcome_of_lost(error, inside, Ending::Open, None) } else { error }
        });
        self.roll_back_after_error(answer)
    }

    /// Opens dbt's transaction.
    pub(crate) fn begin(&mut self) -> Result<()> {
        if self.bracket.open {
            return Err(internal("tried to begin a new transaction, but one was already open"));
        }
        self.bracket.open = true;
        self.bracket.started = true;
        self.bracket.pending_begin =
            !self.settings.autocommit && !self.bracket.outside && self.wire.status == Status::Idle;
        Ok(())
    }

    /// A text of the project has ended the transaction that the work to come belongs to: that begins another one.
    pub(crate) fn begin_again(&mut self) {
        self.bracket.open = true;
        self.bracket.pending_begin = !self.is_inside();
    }

    /// Fails, as dbt does, when no transaction is open.
    pub fn commit(&mut self) -> Result<()> {
        if !self.bracket.open {
            return Err(internal("tried to commit a transaction, but none is open"));
        }
        if std::mem::take(&mut self.savepoints).is_undone() {
            return Err(rolled_back());
        }
        self.bracket.open = false;
        self.commit_on_server()
    }

    pub(crate) fn rollback_if_open(&mut self) -> Result<()> {
        self.bracket.outside = false;
        self.savepoints = Savepoints::default();
        if !self.bracket.open {
            return Ok(());
        }
        self.bracket.open = false;
        self.bracket.started = false;
        self.end_transaction("ROLLBACK")
    }

    /// dbt's `clear_transaction`: from here on each statement commits by itself unless it opens a transaction.
    pub(crate) fn clear_transaction(&mut self) -> Result<()> {
        self.rollback_if_open()?;
        self.commit_on_server()?;
        self.bracket.started = true;
        Ok(())
    }

    /// The same before hooks and operations: there only what their texts begin is a transaction.
    pub(crate) fn step_outside(&mut self) -> Result<()> {
        self.clear_transaction()?;
        self.bracket.outside = true;
        Ok(())
    }

    /// The node's own work is done: no savepoint from before it may be gone back to.
    pub(crate) fn note_work(&mut self) {
        self.savepoints.note_work();
    }

    /// Server settings for the rest of the session, up to [`Self::reset`].
    pub(crate) fn set_settings(&mut self, settings: &[(String, String)]) -> Result<()> {
        let set = |(name, value): &(String, String)| {
            format!("set {} = {}", quote_setting(name), quote_literal(value))
        };
        let sql: Vec<String> = settings.iter().map(set).collect();
        self.simple_query(&sql.join("; "), Fetch::Nothing).map(drop)
    }

    /// From now on nothing is committed unless the lock is held.
    pub(crate) fn require_lock(&mut self, lock: Option<Arc<dyn HeldLock>>) {
        self.lock = lock;
    }

    /// From now on an answer that takes longer counts as a lost connection: for short statements, over a network that may
    /// swallow them.
    pub(crate) fn give_up_after(&self, patience: std::time::Duration) -> Result<()> {
        let failed = |error| connection_lost(&error, "");
        self.wire.set_patience(patience).map_err(failed)
    }

    /// The session is gone, and with it what was not committed.
    pub(crate) fn is_lost(&self) -> bool {
        self.life != Life::Alive
    }

    pub(super) fn take_lost_commit(&mut self) -> Option<LostCommit> {
        self.lost_commit.take()
    }

    /// Whether the server's next answer has arrived, or its end of the connection. Nothing is read.
    pub(super) fn has_news(&self) -> bool {
        self.wire.has_news()
    }

    /// Which server this is; `None` where the role may not ask. Outside of a transaction.
    pub(super) fn identity(&mut self) -> Option<ServerIdentity> {
        if let Known::Is(known) = &self.server {
            return known.clone();
        }
        let answer = self.simple_query(identity::QUERY, Fetch::All);
        let known = answer.ok().and_then(|(_, rows)| ServerIdentity::of(&rows?));
        self.server = Known::Is(known.clone());
        known
    }

    /// What was not committed is gone, and its locks with it.
    pub(crate) fn abandon(&mut self) -> Result<()> {
        self.bracket.open = false;
        self.end_transaction("ROLLBACK")
    }

    /// Makes the session as good as new for the next node: transaction, temporary tables, settings.
    pub(crate) fn reset(&mut self) -> Result<()> {
        self.comment = None;
        self.lock = None;
        self.bracket.outside = false;
        self.savepoints = Savepoints::default();
        self.abandon()?;
        self.simple_query("discard all", Fetch::Nothing)?;
        self.bracket.started = false;
        self.set_role()
    }

    pub(crate) fn set_comment(&mut self, comment: Option<QueryComment>) {
        self.comment = comment;
    }

    /// dbt's flag, not the server's state.
    pub(crate) fn transaction_open(&self) -> bool {
        self.bracket.open
    }

    /// Whether dbt's transaction is open, also while the server has none.
    pub(crate) fn is_open(&self) -> bool {
        self.is_inside() || self.bracket.open && !self.settings.autocommit && !self.bracket.outside
    }

    /// The server's view: what was done may still be undone.
    pub(crate) fn in_transaction(&self) -> bool {
        self.wire.status != Status::Idle
    }

    /// Goes on after a commit: the next statement belongs to no transaction. `open` is dbt's flag.
    pub(super) fn resume(&mut self, open: bool) {
        self.bracket.open = open;
        self.bracket.started = true;
    }

    /// The next statement will not be part of a transaction.
    pub(crate) fn commits_at_once(&self) -> bool {
        !self.is_inside() && (self.bracket.started || self.settings.autocommit)
    }

    /// The open transaction may have changed something.
    pub(super) fn has_written(&self) -> bool {
        self.footprint.has_written()
    }

    pub(crate) fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    #[cfg(test)]
    fn backend_pid(&self) -> i32 {
        self.wire.pid
    }

    pub(crate) fn cancel_handle(&self) -> CancelHandle {
        CancelHandle::new(&self.settings, &self.place, (self.wire.pid, self.wire.secret))
    }

    fn set_role(&mut self) -> Result<()> {
        let Some(role) = self.settings.role.as_deref().filter(|role| !role.is_empty()) else { return Ok(()) };
        let sql = format!("set role {role}");
        self.simple_query(&sql, Fetch::Nothing).map(drop)
    }

    fn enter_transaction(&mut self, begin: Begin) -> Result<()> {
        if begin == Begin::Auto && !self.bracket.open {
            self.begin()?;
        }
        if !self.bracket.started {
            self.bracket.started = true;
            self.bracket.pending_begin = !self.settings.autocommit && self.wire.status == Status::Idle;
        }
        Ok(())
    }

    /// Sends the closing word only when the server is inside a transaction.
    fn end_transaction(&mut self, word: &str) -> Result<()> {
        self.bracket.pending_begin = false;
        if self.wire.status == Status::Idle {
            return Ok(());
        }
        self.simple_query(word, Fetch::Nothing).map(drop)
    }

    /// dbt rolls back at the first error of a node.
    fn roll_back_after_error<T>(&mut self, answer: Result<T>) -> Result<T> {
        if answer.is_err() && (self.bracket.open || self.wire.status == Status::Failed) {
            self.bracket.open = false;
            self.bracket.started = false;
            self.bracket.outside = false;
            // the first error is the one to tell, also when the session is gone
            let _ = self.end_transaction("ROLLBACK");
        }
        answer
    }

    fn is_inside(&self) -> bool {
        self.bracket.pending_begin || self.wire.status != Status::Idle
    }

    fn simple_query(&mut self, sql: &str, fetch: Fetch) -> Result<(Response, Option<ResultSet>)> {
        refuse_nul(sql)?;
        let begins = self.bracket.pending_begin;
        let ahead = self.send_ahead(sql)?;
        self.send_query(sql).map_err(|error| self.broken(&error, sql))?;
        let went_ahead = self.take_ahead(ahead, sql)?;
        let answer = self.read_answer(Answer::new(fetch).after(usize::from(begins)), sql)?;
        went_ahead?;
        answer.finish()
    }

    /// A BEGIN shares the statement's message: should it fail, the statement does not run by itself.
    fn send_query(&mut self, sql: &str) -> std::io::Result<()> {
        let text = if std::mem::take(&mut self.bracket.pending_begin) {
            std::borrow::Cow::Owned(format!("{BEGIN}{sql}"))
        } else {
            std::borrow::Cow::Borrowed(sql)
        };
        self.shift = text.chars().count() - sql.chars().count();
        frontend::query(&text, &mut self.wire.outgoing).and_then(|()| self.wire.flush())
    }

    fn copy(&mut self, sql: &str, fill: &mut dyn FnMut(&mut Vec<u8>) -> Result<bool>) -> Result<Response> {
        let ahead = self.send_ahead(sql)?;
        self.send_query(sql).map_err(|error| self.broken(&error, sql))?;
        let went_ahead = self.take_ahead(ahead, sql)?;
        let first = loop {
            match self.wire.receive().map_err(|error| self.broken(&error, sql))? {
                // of the BEGIN
                Message::CommandComplete(_) => {}
                message => break message,
            }
        };
        match first {
            Message::CopyInResponse(_) => {}
            Message::ErrorResponse(body) => {
                let fields = Fields::read(body.fields()).shifted(self.shift);
                if fields.ends_session() {
                    return Err(self.ended(fields, sql, false));
                }
                self.answer(sql, Fetch::Nothing)?;
                went_ahead?;
                return Err(fields.into_diagnostic(sql));
            }
            _ => {
                self.answer(sql, Fetch::Nothing)?;
                return Err(internal("the statement is not a `copy .. from stdin`"));
            }
        }
        let mut piece = Vec::with_capacity(256 * 1024);
        let filled = loop {
            piece.clear();
            let more = fill(&mut piece);
            if more.is_ok() && !piece.is_empty() {
                self.wire.copy_data(&piece).map_err(|error| self.broken(&error, sql))?;
            }
            if matches!(more, Ok(true)) && self.wire.reports_error() {
                // the answer says which one; what is still to come would be thrown away
                break Err(copy_ended());
            }
            match more {
                Ok(true) => {}
                Ok(false) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        let ended = match &filled {
            Ok(()) => {
                frontend::copy_done(&mut self.wire.outgoing);
                Ok(())
            }
            Err(_) => frontend::copy_fail("the input has an error", &mut self.wire.outgoing),
        };
        ended.and_then(|()| self.wire.flush()).map_err(|error| self.broken(&error, sql))?;
        let answer = self.answer(sql, Fetch::Nothing)?.finish();
        match (filled, answer) {
            (Ok(()), answer) => Ok(answer?.0),
            (Err(error), Err(of_server)) if is_copy_ended(&error) => Err(of_server),
            (Err(error), _) => Err(error),
        }
    }

    /// Reads up to `ReadyForQuery`; the session stays usable whatever the statement answered.
    fn answer(&mut self, sql: &str, fetch: Fetch) -> Result<Answer> {
        self.read_answer(Answer::new(fetch), sql)
    }

    fn read_answer(&mut self, mut answer: Answer, sql: &str) -> Result<Answer> {
        loop {
            match self.wire.receive().map_err(|error| self.broken(&error, sql))? {
                Message::ReadyForQuery(_) => {
                    if self.wire.status == Status::Idle {
                        self.footprint = Footprint::default();
                    }
                    return Ok(answer);
                }
                Message::CopyInResponse(_) => {
                    let failed = frontend::copy_fail("no data to copy", &mut self.wire.outgoing);
                    failed.and_then(|()| self.wire.flush()).map_err(|error| self.broken(&error, sql))?;
                }
                Message::ErrorResponse(body) => {
                    let fields = Fields::read(body.fields()).shifted(self.shift);
                    if fields.ends_session() {
                        return Err(self.ended(fields, sql, answer.has_completed()));
                    }
                    answer.fail(fields.into_diagnostic(sql));
                }
                message => answer.take(message).map_err(|error| self.broken(&error, sql))?,
            }
        }
    }

    fn broken(&mut self, error: &std::io::Error, sql: &str) -> Box<Diagnostic> {
        self.life.lose();
        self.wire.status = Status::Idle;
        connection_lost(error, sql)
    }

    /// The server's last words.
    fn ended(&mut self, fields: Fields, sql: &str, after_a_statement: bool) -> Box<Diagnostic> {
        self.life = if after_a_statement { Life::Lost } else { Life::Refused };
        self.wire.status = Status::Idle;
        fields.into_diagnostic(sql)
    }
}

/// `work_mem`, or `extension.setting`: each part is a name of its own.
fn quote_setting(name: &str) -> String {
    name.split('.').map(quote_identifier).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
#[path = "connection_tests.rs"]
mod tests;
