//! The rows of all inputs of a table, one after the other, as pieces of one binary COPY.

use super::csv::{Record, Split};
use super::files::KnownFile;
use super::header;
use super::input::{Input, Open};
use super::lines::{self, CsvRow, Places, Refusal};
use super::reject::{Reject, Rejects, SHOWN, shown};
use super::row::{HEADER, TRAILER};
use super::spec::{Form, LoadSpec};
use super::window::LONGEST;
use crate::diagnostic::{Diagnostic, Result};
use crate::regular;

/// What is sent at once.
const PIECE: usize = 256 * 1024;

/// Inputs on their way into a table.
pub(crate) struct Rows<'a> {
    spec: &'a LoadSpec,
    inputs: std::vec::IntoIter<Input>,
    current: Option<Reading>,
    record: Record,
    is_begun: bool,
    pub(crate) loaded: Loaded,
}

/// What came of a load.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// Rows that were read, also those that do not fit.
    pub(crate) read: u64,
    pub(crate) bytes: u64,
    pub(crate) rejects: Rejects,
    /// For the ledger.
    pub(crate) files: Vec<(KnownFile, u64)>,
}

/// An input, and where in it the next record begins.
struct Reading {
    open: Open,
    line: u64,
    rows: u64,
    /// `None`: the header comes next.
    places: Option<Places>,
    is_first: bool,
}

/// What the window begins with.
enum Next {
    Record { length: usize, flaw: Option<super::csv::Flaw> },
    End,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(spec: &'a LoadSpec, inputs: Vec<Input>) -> Self {
        Self {
            spec,
            inputs: inputs.into_iter(),
            current: None,
            record: Record::default(),
            is_begun: false,
            loaded: Loaded::default(),
        }
    }

    /// Appends the next rows and says whether more follow.
    pub(crate) fn fill(&mut self, piece: &mut Vec<u8>) -> Result<bool> {
        if !std::mem::replace(&mut self.is_begun, true) {
            piece.extend_from_slice(HEADER);
        }
        while piece.len() < PIECE {
            if self.current.is_none() {
                let Some(input) = self.inputs.next() else {
                    self.judge()?;
                    piece.extend_from_slice(TRAILER);
                    return Ok(false);
                };
                self.current = Some(Reading::new(&input, self.spec)?);
            }
            self.next_row(piece)?;
        }
        Ok(true)
    }

    fn next_row(&mut self, piece: &mut Vec<u8>) -> Result<()> {
        let Some(reading) = &mut self.current else { return Ok(()) };
        let next = reading.next(&self.spec.form, &mut self.record)?;
        let Next::Record { length, flaw } = next else {
            let ended = self.current.take();
            return ended.map_or(Ok(()), |ended| self.end(ended));
        };
        let raw = &reading.open.window.rest()[..length];
        let breaks = memchr::memchr_iter(b'\n', raw).count() as u64;
        let row_start = piece.len();
        let written = match lines::text(raw) {
            Ok(text) => match (&self.spec.form, &reading.places) {
                (Form::Csv { ignores_other_columns, .. }, None) => {
                    reading.places =
                        Some(reading.header(&self.record, text, self.spec, *ignores_other_columns)?);
                    None
                }
                (Form::Csv { nulls, .. }, Some(places)) if !is_blank(text, places) => {
                    let row = CsvRow { record: &self.record, flaw, text, places, nulls };
                    Some(row.write(&self.spec.columns, &self.spec.time_zone, piece))
                }
                (Form::Jsonl, _) if !text.trim().is_empty() => {
                    Some(lines::write_document(text, &self.spec.columns, &self.spec.time_zone, piece))
                }
                _ => None,
            },
            Err(refusal) if reading.places.is_none() && self.spec.form != Form::Jsonl => {
                return Err(bad_header(&reading.open.name, &refusal));
            }
            Err(refusal) => Some(Err(refusal)),
        };
        if let Some(written) = written {
            self.loaded.read += 1;
            reading.rows += 1;
            if let Err(Refusal { column, reason }) = written {
                piece.truncate(row_start);
                let raw = shown(raw);
                let file = reading.open.name.clone();
                let reject = Reject { file, line: reading.line, column, reason, raw };
                self.loaded.rejects.add(&reject, self.spec.most_rejects > 0)?;
            }
        }
        reading.open.window.pass(length);
        reading.line += breaks;
        // there are enough of them to fail and to show
        if self.loaded.rejects.count > self.spec.most_rejects && self.loaded.rejects.count >= SHOWN {
            self.judge()?;
        }
        Ok(())
    }

    fn end(&mut self, ended: Reading) -> Result<()> {
        let has_header = matches!(self.spec.form, Form::Csv { has_header: true, .. });
        if has_header && ended.places.is_none() {
            let message = format!("`{}` is empty: it has no header", ended.open.name);
            return Err(Diagnostic::runtime("load-empty", message).boxed());
        }
        let rows = ended.rows;
        if let Some(file) = ended.open.finish()? {
            self.loaded.bytes += file.size;
            self.loaded.files.push((file, rows));
        }
        Ok(())
    }

    /// An error when more rows do not fit than may.
    fn judge(&self) -> Result<()> {
        let Rejects { count, shown, .. } = &self.loaded.rejects;
        let most = self.spec.most_rejects;
        if *count <= most {
            return Ok(());
        }
        let (rows, verb) = if *count == 1 { ("row", "does") } else { ("rows", "do") };
        let is_whole = self.current.is_none() && self.inputs.len() == 0;
        let more = if is_whole { "" } else { " (and the rest was not read)" };
        let mut message =
            format!("{count} {rows} {verb} not fit{more}; `rejects.max` is {most}. Nothing was changed.");
        for reject in shown {
            message.push_str("\n  ");
            message.push_str(reject);
        }
        if *count > SHOWN {
            message.push_str("\n  ..");
        }
        let help = "correct them, or let up to N of them go to the table of rejects: `rejects: {max: N}`";
        Err(Diagnostic::runtime("load-rejects", message).help(help).boxed())
    }
}

/// A line without a value is no row, unless the table has one column only.
fn is_blank(text: &str, places: &Places) -> bool {
    places.fields != 1 && text.trim_end_matches(['\r', '\n']).is_empty()
}

fn bad_header(file: &str, refusal: &Refusal) -> Box<Diagnostic> {
    Diagnostic::runtime("load-header", format!("the header of `{file}` {}", refusal.reason)).boxed()
}

impl Reading {
    fn new(input: &Input, spec: &LoadSpec) -> Result<Self> {
        let places = match &spec.form {
            Form::Csv { has_header: false, .. } => Some(header::by_position(&spec.columns)),
            _ => None,
        };
        Ok(Self { open: Open::new(input, spec)?, line: 1, rows: 0, places, is_first: true })
    }

    fn next(&mut self, form: &Form, record: &mut Record) -> Result<Next> {
        loop {
            if std::mem::take(&mut self.is_first) {
                self.open.fill()?;
                self.check_beginning()?;
            }
            let window = &self.open.window;
            let (text, is_last) = (window.rest(), window.is_at_end());
            if text.is_empty() && is_last {
                return Ok(Next::End);
            }
            let split = match form {
                Form::Csv { delimiter, .. } => record.split(text, is_last, *delimiter),
                Form::Jsonl => match memchr::memchr(b'\n', text) {
                    Some(at) => Split::Record { length: at + 1, flaw: None },
                    None if is_last => Split::Record { length: text.len(), flaw: None },
                    None => Split::Partial,
                },
            };
            match split {
                Split::Record { length, flaw } => return Ok(Next::Record { length, flaw }),
                Split::Partial if text.len() > LONGEST => return Err(self.too_long(form)),
                Split::Partial => self.open.fill()?,
                Split::Unclosed(index) => {
                    let message = format!(
                        "`{}`, line {}: the quote of value {} is never closed",
                        self.open.name,
                        self.line,
                        index + 1
                    );
                    return Err(Diagnostic::runtime("load-quote", message)
                        .help("close it, or double it where it is part of the value")
                        .boxed());
                }
            }
        }
    }

    /// A mark at the beginning is no part of the first value.
    fn check_beginning(&mut self) -> Result<()> {
        while self.open.window.rest().len() < 4 && !self.open.window.is_at_end() {
            self.open.fill()?;
        }
        let packed: [(&[u8], &str); 2] = [(b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd")];
        if let Some((_, kind)) = packed.iter().find(|(mark, _)| self.open.window.rest().starts_with(mark)) {
            let message = format!("`{}` is compressed", self.open.name);
            let help = format!("set `from: {{compression: {kind}}}`");
            return Err(Diagnostic::runtime("load-compressed", message).help(help).boxed());
        }
        if regular::is_utf_16(self.open.window.rest()) {
            let message = format!("`{}` is in UTF-16", self.open.name);
            return Err(Diagnostic::runtime("load-encoding", message)
                .help("set `from: {encoding: utf-16le}` (or utf-16be)")
                .boxed());
        }
        if self.open.window.rest().starts_with(b"\xef\xbb\xbf") {
            self.open.window.pass(3);
        }
        Ok(())
    }

    fn header(&self, record: &Record, text: &str, spec: &LoadSpec, ignores_others: bool) -> Result<Places> {
        let name = |index| String::from_utf8_lossy(record.field(index, text.as_bytes()).0).into_owned();
        let names: Vec<String> = (0..record.len()).map(name).collect();
        if names.iter().any(|name| name.contains('\r')) {
            let message = format!("the lines of `{}` end with carriage returns alone", self.open.name);
            let help = "convert them: `tr '\\r' '\\n' < old.csv > new.csv`";
            return Err(Diagnostic::runtime("load-header", message).help(help).boxed());
        }
        header::places(&names, &spec.columns, ignores_others, &self.open.name)
    }

    fn too_long(&self, form: &Form) -> Box<Diagnostic> {
        let what = if *form == Form::Jsonl { "a document" } else { "a record" };
        let message =
            format!("`{}`, line {}: {what} of more than 64 MiB begins here", self.open.name, self.line);
        Diagnostic::runtime("load-record", message).help("look for a quote that is never closed").boxed()
    }
}
