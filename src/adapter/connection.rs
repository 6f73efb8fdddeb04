//! One session with dbt's transaction rules.
//!
//! Statements travel by the simple query protocol, as psycopg2 sends them: a text may hold several, the
//! answer is the last one's, and it carries the server's own command tag and the columns' types.

use std::sync::Arc;

use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;

use crate::diagnostic::{Diagnostic, Result};

use super::answer::Answer;
use super::cancel::CancelHandle;
use super::server_error::{Fields, connection_lost};
use super::wire::{Status, Wire};
use super::{Response, ResultSet, Settings, open, quote_identifier, quote_literal};

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

/// dbt's query comment of the node at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryComment {
    pub text: String,
    /// After the statement instead of before it.
    pub append: bool,
}

/// One session on the server.
pub struct Connection {
    wire: Wire,
    settings: Arc<Settings>,
    comment: Option<QueryComment>,
    /// dbt's `transaction_open`.
    open: bool,
    /// psycopg2 begins a transaction by itself before a session's first statement, and only then.
    started: bool,
    /// `begin` goes out together with the next statement: one round trip less.
    pending_begin: bool,
}

impl Connection {
    /// Connects, with dbt's retries, and sets the role.
    pub fn open(settings: &Arc<Settings>) -> Result<Self> {
        let mut connection = Self {
            wire: open::start(settings)?,
            settings: Arc::clone(settings),
            comment: None,
            open: false,
            started: false,
            pending_begin: false,
        };
        connection.set_role()?;
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
    pub fn add_query(
        &mut self,
        sql: &str,
        begin: Begin,
        fetch: Fetch,
    ) -> Result<(Response, Option<ResultSet>)> {
        self.enter_transaction(begin)?;
        let answer = self.simple_query(sql, fetch);
        self.roll_back_after_error(answer)
    }

    /// Runs a statement that may fail with one of the SQLSTATEs: then nothing has happened, the transaction
    /// goes on, and the answer is `None`.
    pub fn attempt(&mut self, sql: &str, tolerated: &[&str]) -> Result<Option<Response>> {
        let commented = self.comment.as_ref().map(|comment| comment.add_to(sql));
        self.enter_transaction(Begin::Auto)?;
        let savepoint = self.simple_query("savepoint attempt", Fetch::Nothing);
        self.roll_back_after_error(savepoint)?;
        let answer = self.simple_query(commented.as_deref().unwrap_or(sql), Fetch::Nothing);
        let is_tolerated = answer.as_ref().is_err_and(|error| {
            error.server.as_ref().is_some_and(|server| tolerated.contains(&server.sqlstate.as_str()))
        });
        if is_tolerated {
            let undone = self.simple_query("rollback to savepoint attempt", Fetch::Nothing);
            return self.roll_back_after_error(undone).map(|_| None);
        }
        self.roll_back_after_error(answer).map(|(response, _)| Some(response))
    }

    /// A read of our own with bound text parameters; part of whatever transaction is open.
    pub fn query(&mut self, sql: &str, parameters: &[&str]) -> Result<ResultSet> {
        let (_, rows) = self.bound_query(sql, parameters)?;
        Ok(rows.unwrap_or_default())
    }

    /// Streams a `copy .. from stdin`: `fill` appends the next piece and says whether more follows.
    pub fn copy_in(
        &mut self,
        sql: &str,
        begin: Begin,
        fill: &mut dyn FnMut(&mut Vec<u8>) -> Result<bool>,
    ) -> Result<Response> {
        self.enter_transaction(begin)?;
        let answer = self.copy(sql, fill);
        self.roll_back_after_error(answer)
    }

    /// Opens dbt's transaction.
    pub fn begin(&mut self) -> Result<()> {
        if self.open {
            return Err(internal("tried to begin a new transaction, but one was already open"));
        }
        self.open = true;
        self.started = true;
        self.pending_begin = !self.settings.autocommit && self.wire.status == Status::Idle;
        Ok(())
    }

    /// Fails, as dbt does, when no transaction is open.
    pub fn commit(&mut self) -> Result<()> {
        if !self.open {
            return Err(internal("tried to commit a transaction, but none is open"));
        }
        self.open = false;
        self.end_transaction("COMMIT")
    }

    pub fn rollback_if_open(&mut self) -> Result<()> {
        if !self.open {
            return Ok(());
        }
        self.open = false;
        self.started = false;
        self.end_transaction("ROLLBACK")
    }

    /// dbt's `clear_transaction`, before hooks and operations: from here on each statement commits by
    /// itself unless it opens a transaction.
    pub fn clear_transaction(&mut self) -> Result<()> {
        self.rollback_if_open()?;
        self.end_transaction("COMMIT")?;
        self.started = true;
        Ok(())
    }

    /// Server settings for the rest of the session, up to [`Self::reset`].
    pub fn set_settings(&mut self, settings: &[(String, String)]) -> Result<()> {
        let set = |(name, value): &(String, String)| {
            format!("set {} = {}", quote_setting(name), quote_literal(value))
        };
        let sql: Vec<String> = settings.iter().map(set).collect();
        self.simple_query(&sql.join("; "), Fetch::Nothing).map(drop)
    }

    /// What was not committed is gone, and its locks with it.
    pub fn abandon(&mut self) -> Result<()> {
        self.open = false;
        self.end_transaction("ROLLBACK")
    }

    /// Makes the session as good as new for the next node: transaction, temporary tables, settings.
    pub fn reset(&mut self) -> Result<()> {
        self.comment = None;
        self.abandon()?;
        self.simple_query("discard all", Fetch::Nothing)?;
        self.started = false;
        self.wire.notices.clear();
        self.set_role()
    }

    pub fn set_comment(&mut self, comment: Option<QueryComment>) {
        self.comment = comment;
    }

    /// dbt's flag, not the server's state.
    pub fn transaction_open(&self) -> bool {
        self.open
    }

    /// The server's view: what was done may still be undone.
    pub fn in_transaction(&self) -> bool {
        self.wire.status != Status::Idle
    }

    pub fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    pub fn backend_pid(&self) -> i32 {
        self.wire.pid
    }

    /// As the server reports it: `15.18 (Debian 15.18-0+deb12u1)`.
    pub fn server_version(&self) -> &str {
        &self.wire.server_version
    }

    pub fn cancel_handle(&self) -> CancelHandle {
        CancelHandle::new(&self.settings, self.wire.pid, self.wire.secret)
    }

    /// The server's notices since the last call.
    pub fn take_notices(&mut self) -> Vec<String> {
        std::mem::take(&mut self.wire.notices)
    }

    fn set_role(&mut self) -> Result<()> {
        let Some(role) = self.settings.role.as_deref().filter(|role| !role.is_empty()) else { return Ok(()) };
        let sql = format!("set role {role}");
        self.simple_query(&sql, Fetch::Nothing).map(drop)
    }

    fn enter_transaction(&mut self, begin: Begin) -> Result<()> {
        if begin == Begin::Auto && !self.open {
            self.begin()?;
        }
        if !self.started {
            self.started = true;
            self.pending_begin = !self.settings.autocommit && self.wire.status == Status::Idle;
        }
        Ok(())
    }

    /// Sends the closing word only when the server is inside a transaction.
    fn end_transaction(&mut self, word: &str) -> Result<()> {
        self.pending_begin = false;
        if self.wire.status == Status::Idle {
            return Ok(());
        }
        self.simple_query(word, Fetch::Nothing).map(drop)
    }

    /// dbt rolls back at the first error of a node.
    fn roll_back_after_error<T>(&mut self, answer: Result<T>) -> Result<T> {
        if answer.is_err() && (self.open || self.wire.status == Status::Failed) {
            self.open = false;
            self.started = false;
            // the first error is the one to tell, also when the session is gone
            let _ = self.end_transaction("ROLLBACK");
        }
        answer
    }

    fn simple_query(&mut self, sql: &str, fetch: Fetch) -> Result<(Response, Option<ResultSet>)> {
        if sql.contains('\0') {
            let message = "the statement holds a NUL character, where it would end for the server";
            return Err(Diagnostic::database("nul-in-statement", message).boxed());
        }
        self.send_begin(sql)?;
        let sent = frontend::query(sql, &mut self.wire.outgoing).and_then(|()| self.wire.flush());
        sent.map_err(|error| connection_lost(&error, sql))?;
        self.take_begin(sql)?;
        self.answer(sql, fetch)?.finish()
    }

    fn bound_query(&mut self, sql: &str, parameters: &[&str]) -> Result<(Response, Option<ResultSet>)> {
        use bytes::BufMut as _;
        use postgres_protocol::IsNull;
        self.send_begin(sql)?;
        let buffer = &mut self.wire.outgoing;
        let lost = |error: std::io::Error| connection_lost(&error, sql);
        frontend::parse("", sql, [], buffer).map_err(lost)?;
        let text = |value: &&str, buffer: &mut bytes::BytesMut| {
            buffer.put_slice(value.as_bytes());
            Ok(IsNull::No)
        };
        frontend::bind("", "", [], parameters.iter(), text, [], buffer)
            .map_err(|_| internal("too many or too long parameters"))?;
        frontend::describe(b'P', "", buffer).map_err(lost)?;
        frontend::execute("", 0, buffer).map_err(lost)?;
        frontend::sync(buffer);
        self.wire.flush().map_err(lost)?;
        self.take_begin(sql)?;
        self.answer(sql, Fetch::All)?.finish()
    }

    fn copy(&mut self, sql: &str, fill: &mut dyn FnMut(&mut Vec<u8>) -> Result<bool>) -> Result<Response> {
        let lost = |error: std::io::Error| connection_lost(&error, sql);
        self.send_begin(sql)?;
        frontend::query(sql, &mut self.wire.outgoing).map_err(lost)?;
        self.wire.flush().map_err(lost)?;
        self.take_begin(sql)?;
        match self.wire.receive().map_err(lost)? {
            Message::CopyInResponse(_) => {}
            Message::ErrorResponse(body) => {
                let error = Fields::read(body.fields()).into_diagnostic(sql);
                self.answer(sql, Fetch::Nothing)?;
                return Err(error);
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
                self.wire.copy_data(&piece).map_err(lost)?;
            }
            match more {
                Ok(true) => {}
                Ok(false) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        match &filled {
            Ok(()) => frontend::copy_done(&mut self.wire.outgoing),
            Err(_) => frontend::copy_fail("the input has an error", &mut self.wire.outgoing).map_err(lost)?,
        }
        self.wire.flush().map_err(lost)?;
        let answer = self.answer(sql, Fetch::Nothing)?;
        filled?;
        Ok(answer.finish()?.0)
    }

    fn send_begin(&mut self, sql: &str) -> Result<()> {
        if self.pending_begin {
            frontend::query("BEGIN", &mut self.wire.outgoing)
                .map_err(|error| connection_lost(&error, sql))?;
        }
        Ok(())
    }

    fn take_begin(&mut self, sql: &str) -> Result<()> {
        if std::mem::take(&mut self.pending_begin) {
            self.answer(sql, Fetch::Nothing)?.finish()?;
        }
        Ok(())
    }

    /// Reads up to `ReadyForQuery`; the session stays usable whatever the statement answered.
    fn answer(&mut self, sql: &str, fetch: Fetch) -> Result<Answer> {
        let lost = |error: std::io::Error| connection_lost(&error, sql);
        let mut answer = Answer::new(fetch);
        loop {
            match self.wire.receive().map_err(lost)? {
                Message::ReadyForQuery(_) => return Ok(answer),
                Message::CopyInResponse(_) => {
                    frontend::copy_fail("no data to copy", &mut self.wire.outgoing).map_err(lost)?;
                    self.wire.flush().map_err(lost)?;
                }
                Message::ErrorResponse(body) => {
                    let fields = Fields::read(body.fields());
                    let gone = fields.severity == "FATAL" || fields.severity == "PANIC";
                    let error = fields.into_diagnostic(sql);
                    if gone {
                        return Err(error);
                    }
                    answer.fail(error);
                }
                message => answer.take(message).map_err(lost)?,
            }
        }
    }
}

impl QueryComment {
    fn add_to(&self, sql: &str) -> String {
        let text = self.text.trim();
        if text.is_empty() {
            return sql.to_owned();
        }
        if !self.append {
            return format!("/* {text} */\n{sql}");
        }
        let statement = sql.trim_end();
        match statement.strip_suffix(';') {
            Some(statement) => format!("{statement}\n/* {text} */;"),
            None => format!("{statement}\n/* {text} */"),
        }
    }
}

/// `work_mem`, or `extension.setting`: each part is a name of its own.
fn quote_setting(name: &str) -> String {
    name.split('.').map(quote_identifier).collect::<Vec<_>>().join(".")
}

pub(super) fn internal(message: &str) -> Box<Diagnostic> {
    Diagnostic::new("transaction-state", crate::diagnostic::Category::Internal, message).boxed()
}

#[cfg(test)]
#[path = "connection_tests.rs"]
mod tests;
