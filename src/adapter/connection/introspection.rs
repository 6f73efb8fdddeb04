//! SQL of ours over the catalogs and over what rsdbt remembers. Only `pg_catalog` is in the search path meanwhile: a function or an operator that
//! somebody made elsewhere, with types that match better, is not found. Nor is it compiled: the planner takes recursive queries over the
//! catalogs for so expensive that compiling them takes a thousand times as long as they do.

use bytes::{BufMut as _, BytesMut};
use postgres_protocol::IsNull;
use postgres_protocol::message::frontend;

use crate::diagnostic::Result;

use super::super::answer::Answer;
use super::super::refusal::{internal, refuse_nul};
use super::super::server_error::connection_lost;
use super::super::{Begin, Fetch, Response, ResultSet};
use super::{BEGIN, Connection};

/// The settings end with the transaction, or go back to what the transaction itself has set.
const ENTER: &str = "select pg_catalog.set_config('rsdbt.search_path', pg_catalog.current_setting('search_path'), true), \
    pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true), \
    pg_catalog.set_config('rsdbt.jit', pg_catalog.current_setting('jit'), true), pg_catalog.set_config('jit', 'off', true)";
const LEAVE: &str = "select pg_catalog.set_config('search_path', pg_catalog.current_setting('rsdbt.search_path'), true), \
    pg_catalog.set_config('jit', pg_catalog.current_setting('rsdbt.jit'), true)";

/// The same for a query with parameters, which names all schemas itself.
const NO_JIT: &str = "select pg_catalog.set_config('rsdbt.jit', pg_catalog.current_setting('jit'), true), pg_catalog.set_config('jit', 'off', true)";
const JIT_AGAIN: &str = "select pg_catalog.set_config('jit', pg_catalog.current_setting('rsdbt.jit'), true)";

impl Connection {
    /// The rows of a statement, by one trip to the server.
    pub(crate) fn introspect(&mut self, sql: &str) -> Result<(Response, Option<ResultSet>)> {
        self.enter_transaction(Begin::No)?;
        let answer = self.with_catalog_only(sql);
        self.roll_back_after_error(answer)
    }

    fn with_catalog_only(&mut self, sql: &str) -> Result<(Response, Option<ResultSet>)> {
        refuse_nul(sql)?;
        let reads = sql.trim_start().starts_with("select");
        let alone = !self.is_inside();
        if alone && !reads {
            return self.write_alone(sql);
        }
        self.bracket.pending_begin |= alone;
        let ahead = self.send_ahead(sql)?;
        let begins = std::mem::take(&mut self.bracket.pending_begin);
        let commented = self.comment.as_ref().map(|comment| comment.add_to(sql));
        let enter = if begins { format!("{BEGIN}{ENTER}") } else { ENTER.to_owned() };
        self.shift = 0;
        let buffer = &mut self.wire.outgoing;
        let sent =
            [enter.as_str(), commented.as_deref().unwrap_or(sql), if alone { "COMMIT" } else { LEAVE }]
                .iter()
                .try_for_each(|query| frontend::query(query, buffer));
        sent.and_then(|()| self.wire.flush()).map_err(|error| self.broken(&error, sql))?;
        let went_ahead = self.take_ahead(ahead, sql)?;
        let entered = self.read_answer(Answer::new(Fetch::Nothing).after(usize::from(begins)), sql)?;
        let answer = self.read_answer(Answer::new(Fetch::All), sql)?;
        let left = self.answer(sql, Fetch::Nothing)?;
        went_ahead?;
        entered.finish()?;
        let rows = answer.finish()?;
        left.finish()?;
        self.footprint.wrote |= !reads;
        Ok(rows)
    }

    /// In a transaction of its own, whose end the server can be asked for.
    fn write_alone(&mut self, sql: &str) -> Result<(Response, Option<ResultSet>)> {
        self.prove_lock_outside()?;
        self.bracket.pending_begin = true;
        let rows = self.with_catalog_only(sql);
        if rows.is_ok() {
            self.commit_on_server()?;
        } else if !self.is_lost() {
            self.end_transaction("ROLLBACK")?;
        }
        rows
    }

    /// Like [`Self::introspect`], with text parameters.
    pub(super) fn bound_query(
        &mut self,
        sql: &str,
        parameters: &[&str],
    ) -> Result<(Response, Option<ResultSet>)> {
        self.shift = 0;
        let ahead = self.send_ahead(sql)?;
        let begins = std::mem::take(&mut self.bracket.pending_begin);
        let inside = begins || self.is_inside();
        let buffer = &mut self.wire.outgoing;
        // all without a Sync between: when one fails, what follows is skipped; outside of a transaction they are one
        for statement in begins.then_some("BEGIN").into_iter().chain([NO_JIT]) {
            bind(statement, &[], buffer)?;
            frontend::execute("", 0, buffer).map_err(|error| connection_lost(&error, sql))?;
        }
        bind(sql, parameters, buffer)?;
        let ended = frontend::describe(b'P', "", buffer).and_then(|()| frontend::execute("", 0, buffer));
        ended.map_err(|error| connection_lost(&error, sql))?;
        frontend::sync(buffer);
        if inside {
            frontend::query(JIT_AGAIN, buffer).map_err(|error| connection_lost(&error, sql))?;
        }
        self.wire.flush().map_err(|error| self.broken(&error, sql))?;
        let went_ahead = self.take_ahead(ahead, sql)?;
        let answer = self.read_answer(Answer::new(Fetch::All).after(usize::from(begins) + 1), sql)?;
        let left = if inside { Some(self.answer(sql, Fetch::Nothing)?) } else { None };
        went_ahead?;
        let rows = answer.finish()?;
        left.map_or(Ok(()), |left| left.finish().map(drop))?;
        Ok(rows)
    }
}

fn bind(sql: &str, parameters: &[&str], buffer: &mut BytesMut) -> Result<()> {
    frontend::parse("", sql, [], buffer).map_err(|error| connection_lost(&error, sql))?;
    let text = |value: &&str, buffer: &mut BytesMut| {
        buffer.put_slice(value.as_bytes());
        Ok(IsNull::No)
    };
    frontend::bind("", "", [], parameters.iter(), text, [], buffer)
        .map_err(|_| internal("too many or too long parameters"))
}
