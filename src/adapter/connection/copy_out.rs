//! The rows of a query as the server copies them out, piece by piece, and the columns that they will have.

use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;

use fallible_iterator::FallibleIterator as _;

use crate::diagnostic::{Diagnostic, Result};

use super::super::answer::Answer;
use super::super::refusal::{internal, refuse_nul};
use super::super::server_error::Fields;
use super::super::wire::Status;
use super::super::{Begin, Fetch, Response};
use super::Connection;

/// A column of a query that has not run yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Described {
    pub(crate) name: String,
    pub(crate) type_oid: u32,
    pub(crate) type_modifier: i32,
}

impl Connection {
    /// The columns of a query, which is analyzed and not run.
    pub(crate) fn describe(&mut self, sql: &str) -> Result<Vec<Described>> {
        refuse_nul(sql)?;
        self.enter_transaction(Begin::Auto)?;
        if self.bracket.pending_begin {
            self.simple_query("select", Fetch::Nothing)?;
        }
        self.shift = 0;
        let columns = self.described(sql);
        self.roll_back_after_error(columns)
    }

    fn described(&mut self, sql: &str) -> Result<Vec<Described>> {
        let buffer = &mut self.wire.outgoing;
        let sent = frontend::parse("", sql, [], buffer).and_then(|()| frontend::describe(b'S', "", buffer));
        frontend::sync(buffer);
        sent.and_then(|()| self.wire.flush()).map_err(|error| self.broken(&error, sql))?;
        let mut columns = Vec::new();
        let mut failed = None;
        loop {
            match self.wire.receive().map_err(|error| self.broken(&error, sql))? {
                Message::RowDescription(body) => {
                    let read = body.fields().map(|field| {
                        Ok(Described {
                            name: field.name().to_owned(),
                            type_oid: field.type_oid(),
                            type_modifier: field.type_modifier(),
                        })
                    });
                    columns = read.collect().map_err(|error| self.broken(&error, sql))?;
                }
                Message::ErrorResponse(body) => {
                    let fields = Fields::read(body.fields());
                    if fields.ends_session() {
                        return Err(self.ended(fields, sql, false));
                    }
                    failed = Some(fields.into_diagnostic(sql));
                }
                Message::ReadyForQuery(_) => return failed.map_or(Ok(columns), Err),
                _ => {}
            }
        }
    }

    /// Begins a `copy .. to stdout`, whose rows [`Self::copied`] takes.
    pub(crate) fn copy_out(&mut self, sql: &str) -> Result<()> {
        refuse_nul(sql)?;
        self.enter_transaction(Begin::Auto)?;
        let begun = self.begin_copy(sql);
        self.roll_back_after_error(begun)
    }

    fn begin_copy(&mut self, sql: &str) -> Result<()> {
        let ahead = self.send_ahead(sql)?;
        self.send_query(sql).map_err(|error| self.broken(&error, sql))?;
        self.take_ahead(ahead, sql)??;
        loop {
            match self.wire.receive().map_err(|error| self.broken(&error, sql))? {
                // of the BEGIN
                Message::CommandComplete(_) => {}
                Message::CopyOutResponse(_) => {
                    self.copying = true;
                    return Ok(());
                }
                Message::ErrorResponse(body) => {
                    return Err(self.failed_copy(Fields::read(body.fields()), sql)?);
                }
                _ => return Err(internal("the statement is not a `copy .. to stdout`")),
            }
        }
    }

    /// Appends the next rows; the server's answer after the last of them.
    pub(crate) fn copied(&mut self, sql: &str, piece: &mut Vec<u8>) -> Result<Option<Response>> {
        if self.wire.copied(piece).map_err(|error| self.broken_copy(&error, sql))? {
            return Ok(None);
        }
        let mut answer = Answer::new(Fetch::Nothing);
        loop {
            match self.wire.receive().map_err(|error| self.broken_copy(&error, sql))? {
                Message::CopyDone => {}
                Message::ReadyForQuery(_) => {
                    self.copying = false;
                    return answer.finish().map(|(response, _)| Some(response));
                }
                Message::ErrorResponse(body) => {
                    self.copying = false;
                    let failed = Err(self.failed_copy(Fields::read(body.fields()), sql)?);
                    return self.roll_back_after_error(failed);
                }
                message => answer.take(message).map_err(|error| self.broken_copy(&error, sql))?,
            }
        }
    }

    /// Nobody wants the rows that are still to come: with them the session ends.
    pub(crate) fn leave_copy(&mut self) {
        if std::mem::take(&mut self.copying) {
            self.life.lose();
            self.wire.status = Status::Idle;
        }
    }

    fn broken_copy(&mut self, error: &std::io::Error, sql: &str) -> Box<Diagnostic> {
        self.copying = false;
        self.broken(error, sql)
    }

    /// The server's error, once the session is ready again.
    fn failed_copy(&mut self, fields: Fields, sql: &str) -> Result<Box<Diagnostic>> {
        let fields = fields.shifted(self.shift);
        if fields.ends_session() {
            return Ok(self.ended(fields, sql, false));
        }
        self.answer(sql, Fetch::Nothing)?;
        Ok(fields.into_diagnostic(sql))
    }
}
