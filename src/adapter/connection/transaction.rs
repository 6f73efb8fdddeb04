//! What may commit, and what must be known before it does: the transaction's number, and that the run's lock is held.

use std::sync::Arc;

use postgres_protocol::message::frontend;

use crate::diagnostic::{Diagnostic, Result};

use super::super::ending::Ending;
use super::super::held_lock;
use super::super::identity::ServerIdentity;
use super::super::lost_commit::{LostCommit, unknown};
use super::super::server_error::connection_lost;
use super::super::wire::Status;
use super::super::{Cell, Fetch, Response, ResultSet};
use super::Connection;
use super::ahead::{Ahead, NEW_TRANSACTION, TRANSACTION};
use super::known::Known;
use super::life::Life;

pub(super) fn first_text(rows: &ResultSet) -> Option<String> {
    match rows.rows.first()?.first()? {
        Cell::Text(text) => Some(text.clone()),
        _ => None,
    }
}

impl Connection {
    /// A statement that may commit: by a word of its text, or because no transaction is open.
    pub(super) fn statement(&mut self, sql: &str, fetch: Fetch) -> Result<(Response, Option<ResultSet>)> {
        let inside = self.is_inside();
        let ending = if inside { Ending::of(sql) } else { Ending::Open };
        let is_work = self.footprint.wrote || !Ending::is_alone(sql);
        if inside && ending != Ending::Open && is_work && self.has_refusing_lock() {
            return Err(held_lock::commits_by_itself());
        }
        let commits = matches!(ending, Ending::Commit { .. } | Ending::Unclear);
        if !inside {
            self.prove_lock_outside()?;
        } else if commits {
            self.know_transaction(ending == Ending::Commit { more: false } && Ending::is_alone(sql))?;
            self.ahead.extend(self.lock.as_ref().map(|lock| Ahead::Proof(lock.proof())));
        }
        let transaction = self.footprint.transaction.clone();
        let undoes = inside && self.footprint.has_written() && Ending::undoes(sql);
        let answer = self.simple_query(sql, fetch);
        match answer {
            Ok((response, rows)) => {
                self.savepoints.follow(sql);
                if undoes {
                    self.savepoints.note_rollback();
                }
                self.footprint.wrote |=
                    rows.is_none() && !matches!(response.code.as_str(), "SET" | "SHOW" | "LOCK TABLE");
                Ok((response, rows))
            }
            Err(error) if self.is_lost() => Err(self.outcome_of_lost(error, inside, ending, transaction)),
            Err(error) => Err(error),
        }
    }

    fn has_refusing_lock(&self) -> bool {
        self.lock.as_ref().is_some_and(|lock| lock.refuses_commits())
    }

    /// What a lost reply leaves open.
    pub(super) fn outcome_of_lost(
        &mut self,
        error: Box<Diagnostic>,
        inside: bool,
        ending: Ending,
        transaction: Option<String>,
    ) -> Box<Diagnostic> {
        let statement = error.server.as_ref().map(|server| Arc::clone(&server.statement)).unwrap_or_default();
        match (inside, ending) {
            (true, Ending::Open | Ending::Rollback) => error,
            (true, Ending::Commit { more }) => {
                self.note_lost_commit(transaction, more);
                error
            }
            (true, Ending::Unclear) => unknown(
                &statement,
                "connection lost in a text with several transactions; whether they were committed is not known",
            ),
            // the server ended the session before the statement did anything
            (false, _) if self.life == Life::Refused => error,
            (false, _) => unknown(
                &statement,
                "connection lost in a statement outside of a transaction; whether it took effect is not known",
            ),
        }
    }

    /// The number must be known before COMMIT is sent: afterwards there may be nobody to ask.
    pub(super) fn commit_on_server(&mut self) -> Result<()> {
        self.bracket.pending_begin = false;
        if self.wire.status == Status::InTransaction {
            self.know_transaction(true)?;
            self.ahead.extend(self.lock.as_ref().map(|lock| Ahead::Proof(lock.proof())));
        }
        let transaction = self.footprint.transaction.clone();
        let done = self.end_transaction("COMMIT");
        if done.is_err() && self.is_lost() {
            self.note_lost_commit(transaction, false);
        }
        done
    }

    fn note_lost_commit(&mut self, transaction: Option<String>, more: bool) {
        let server = match &self.server {
            Known::Is(known) => known.clone(),
            Known::NotYet => None,
        };
        let (backend_pid, open) = (self.wire.pid, self.bracket.open);
        self.lost_commit = Some(LostCommit { transaction, server, backend_pid, more, open });
    }

    /// Asks for the open transaction's number. A text that may change something before its own COMMIT gets one
    /// in any case.
    fn know_transaction(&mut self, only_if_assigned: bool) -> Result<()> {
        if self.footprint.transaction.is_some() {
            return Ok(());
        }
        if self.bracket.pending_begin && only_if_assigned {
            return Ok(());
        }
        self.footprint.wrote = false;
        let sql = if only_if_assigned { TRANSACTION } else { NEW_TRANSACTION };
        let (_, rows) = self.simple_query(sql, Fetch::All)?;
        self.footprint.transaction = rows.and_then(|rows| first_text(&rows));
        Ok(())
    }

    /// Outside of a transaction the proof cannot be part of the work: it goes before.
    pub(super) fn prove_lock_outside(&mut self) -> Result<()> {
        let Some(lock) = self.lock.clone().filter(|_| !self.is_inside()) else { return Ok(()) };
        let proof = self.simple_query(&lock.proof(), Fetch::Nothing);
        match proof {
            Err(error) if self.is_lost() => Err(error),
            Err(error) => Err(held_lock::of_proof(error)),
            Ok(_) if lock.is_held() => Ok(()),
            Ok(_) => Err(held_lock::lost()),
        }
    }

    /// Puts into the buffer what travels in front of the statement, without a trip to the server of its own.
    pub(super) fn send_ahead(&mut self, sql: &str) -> Result<Vec<Ahead>> {
        let mut ahead = Vec::new();
        if self.bracket.pending_begin {
            if matches!(self.server, Known::NotYet) {
                ahead.push(Ahead::Identity);
            }
        } else if self.footprint.wrote
            && self.footprint.transaction.is_none()
            && self.wire.status == Status::InTransaction
        {
            ahead.push(Ahead::Transaction);
        }
        ahead.append(&mut self.ahead);
        for query in &ahead {
            frontend::query(query.sql(), &mut self.wire.outgoing)
                .map_err(|error| connection_lost(&error, sql))?;
        }
        Ok(ahead)
    }

    /// The inner result is an error of the statements ahead, which the statement itself then only repeats.
    pub(super) fn take_ahead(&mut self, ahead: Vec<Ahead>, sql: &str) -> Result<Result<()>> {
        let mut done = Ok(());
        for query in ahead {
            let answer = self.answer(sql, Fetch::All)?.finish();
            match query {
                Ahead::Identity => {
                    let rows = answer.ok().and_then(|(_, rows)| rows);
                    self.server = Known::Is(rows.as_ref().and_then(ServerIdentity::of));
                }
                Ahead::Transaction => match answer {
                    Ok((_, rows)) => self.footprint.transaction = rows.as_ref().and_then(first_text),
                    Err(error) => done = done.and(Err(error)),
                },
                Ahead::Proof(_) => done = done.and(answer.map(drop).map_err(held_lock::of_proof)),
            }
        }
        Ok(done)
    }
}
