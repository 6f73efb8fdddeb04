//! The messages that answer a statement, gathered into its response and rows.

use std::io;

use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::{DataRowBody, Message, RowDescriptionBody};

use crate::diagnostic::{Diagnostic, Result};

use super::{Cell, Fetch, Response, ResultColumn, ResultSet};

/// The state of reading: what the last finished statement said.
pub(super) struct Answer {
    fetch: Fetch,
    tag: Option<String>,
    rows: Option<ResultSet>,
    /// The statement at work has described rows.
    describing: bool,
    error: Option<Box<Diagnostic>>,
    /// So many statements of ours come first.
    ours: usize,
}

impl Answer {
    pub(super) fn new(fetch: Fetch) -> Self {
        Self { fetch, tag: None, rows: None, describing: false, error: None, ours: 0 }
    }

    pub(super) fn after(self, ours: usize) -> Self {
        Self { ours, ..self }
    }

    /// The first error of a text stays.
    pub(super) fn fail(&mut self, error: Box<Diagnostic>) {
        self.error.get_or_insert(error);
    }

    /// Whether a statement of the text has ended well.
    pub(super) fn has_completed(&self) -> bool {
        self.tag.is_some()
    }

    pub(super) fn take(&mut self, message: Message) -> io::Result<()> {
        match message {
            Message::RowDescription(body) => {
                self.rows = Some(ResultSet { columns: columns(&body)?, rows: Vec::new() });
                self.describing = true;
            }
            Message::DataRow(body) => self.row(&body)?,
            Message::CommandComplete(_) if self.ours > 0 => self.ours -= 1,
            Message::CommandComplete(body) => {
                self.tag = Some(body.tag()?.to_owned());
                if !std::mem::take(&mut self.describing) {
                    self.rows = None;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn row(&mut self, body: &DataRowBody) -> io::Result<()> {
        let Some(set) = &mut self.rows else { return Ok(()) };
        let wanted = match self.fetch {
            Fetch::Nothing => 0,
            Fetch::All => usize::MAX,
            Fetch::Limit(limit) => limit,
        };
        if set.rows.len() >= wanted {
            return Ok(());
        }
        let buffer = body.buffer();
        let mut row = Vec::with_capacity(set.columns.len());
        let mut ranges = body.ranges();
        for column in &set.columns {
            let cell = match ranges.next()?.flatten() {
                None => Cell::Null,
                Some(range) => Cell::decode(column.type_oid, &String::from_utf8_lossy(&buffer[range])),
            };
            row.push(cell);
        }
        set.rows.push(row);
        Ok(())
    }

    pub(super) fn finish(self) -> Result<(Response, Option<ResultSet>)> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let Some(tag) = self.tag else {
            return Err(Diagnostic::database("empty-query", "can't execute an empty query").boxed());
        };
        let rows = self.rows.filter(|_| self.fetch != Fetch::Nothing);
        Ok((Response::from_tag(&tag), rows))
    }
}

/// dbt numbers the later columns of one name: `id`, `id_2`.
fn columns(body: &RowDescriptionBody) -> io::Result<Vec<ResultColumn>> {
    let mut columns: Vec<ResultColumn> = Vec::new();
    let mut seen = crate::hashed::HashMap::<String, usize>::default();
    let mut fields = body.fields();
    while let Some(field) = fields.next()? {
        let count = seen.entry(field.name().to_owned()).or_insert(0);
        *count += 1;
        let name = if *count == 1 { field.name().to_owned() } else { format!("{}_{count}", field.name()) };
        columns.push(ResultColumn { name, type_oid: field.type_oid(), type_modifier: field.type_modifier() });
    }
    Ok(columns)
}
