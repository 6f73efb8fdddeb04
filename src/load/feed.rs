//! One input on its way into COPY: records in, lines of COPY and rejects out.

use std::io::Write as _;

use super::column::{Column, Place, with_dates};
use super::copy_text;
use super::csv::{Split, Splitter};
use super::header;
use super::input::{Input, Provenance};
use super::json_lines::Objects;
use super::record;
use super::rejects::{self, Misfit, Rejects};
use crate::config::load::{CsvShape, FileDate, Load, Shape, UnknownColumns};
use crate::counted::counted;
use crate::diagnostic::{Diagnostic, Result};

const PIECE: usize = 128 * 1024;
/// Longer than any line that is one; an unclosed quote makes such.
const LONGEST: usize = 16 << 20;
/// How many lines are looked at after too many have been rejected.
const LOOK_FURTHER: u64 = 10_000;

/// What became of the lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Records, without the header.
    pub read: u64,
    /// Sent to the server.
    pub sent: u64,
}

/// One input and its columns.
pub(crate) struct Feed {
    input: Input,
    shown: String,
    lines: Lines,
    columns: Vec<Column>,
    leads: Leads,
    /// What the next line of COPY begins with.
    head: Vec<u8>,
    buffer: Vec<u8>,
    at: usize,
    is_last: bool,
    line: u64,
    encoding: &'static str,
    counts: Counts,
    pub(crate) rejects: Rejects,
    /// The count of records when too many had been rejected.
    doomed_at: Option<u64>,
}

/// What each line of COPY begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leads {
    Nothing,
    /// The number of the file's line.
    Line,
    /// And its text, for what the server refuses.
    LineAndText,
}

enum Lines {
    Csv { splitter: Splitter, shape: CsvShape, header: Header },
    Json(Objects),
}

/// What is known of the columns of a CSV file.
struct Header {
    is_read: bool,
    /// Fields of each record.
    count: usize,
    dates: Vec<FileDate>,
    unknown: UnknownColumns,
}

/// What the next record is.
enum Next {
    Sent,
    More,
    End,
}

impl Leads {
    fn write(self, line: u64, raw: &[u8], is_decoded: bool, head: &mut Vec<u8>) {
        head.clear();
        if self != Self::Nothing {
            let _ = write!(head, "{line}\t");
        }
        if self == Self::LineAndText {
            copy_text::write_line(rejects::cut(raw), is_decoded, head);
            head.push(b'\t');
        }
    }
}

impl Feed {
    pub(crate) fn new(
        input: Input,
        shown: &str,
        columns: &[Column],
        dates: &[FileDate],
        load: &Load,
        leads: Leads,
    ) -> Self {
        let (lines, columns) = match &load.shape {
            Shape::Csv(shape) => {
                let header =
                    Header { is_read: false, count: 0, dates: dates.to_vec(), unknown: load.unknown_columns };
                (
                    Lines::Csv { splitter: Splitter::new(shape), shape: shape.clone(), header },
                    columns.to_vec(),
                )
            }
            Shape::JsonLines => {
                let keys =
                    columns.iter().map(|column| (column.header.clone(), column.judge.is_json())).collect();
                (Lines::Json(Objects::new(keys)), with_dates(columns, dates, |_| false))
            }
        };
        Self {
            input,
            shown: shown.to_owned(),
            lines,
            columns,
            leads,
            head: Vec::new(),
            buffer: Vec::new(),
            at: 0,
            is_last: false,
            line: 1,
            counts: Counts::default(),
            rejects: Rejects::new(shown, load.most_rejects, load.encoding != encoding_rs::UTF_8),
            encoding: load.encoding.name(),
            doomed_at: None,
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    pub(crate) fn provenance(&self) -> Option<&Provenance> {
        self.input.provenance()
    }

    /// Appends the next piece and says whether more follows. An error when too many lines do not fit.
    pub(crate) fn fill(&mut self, piece: &mut Vec<u8>) -> Result<bool> {
        while piece.len() < PIECE {
            match self.next(piece)? {
                Next::Sent => {}
                Next::End => {
                    self.rejects.judge(self.counts.read)?;
                    return Ok(false);
                }
                Next::More => self.read_on()?,
            }
            if self.rejects.is_doomed() {
                piece.clear();
                let since = *self.doomed_at.get_or_insert(self.counts.read);
                if self.rejects.has_enough_to_show() || self.counts.read - since > LOOK_FURTHER {
                    return Err(self.rejects.too_many("at least "));
                }
            }
        }
        Ok(true)
    }

    /// The line on which the row begins that is sent as this one, counted from 1. Reads all before it.
    pub(crate) fn line_of(mut self, row: u64) -> Option<u64> {
        let mut piece = Vec::new();
        loop {
            let line = self.line;
            match self.next(&mut piece).ok()? {
                Next::Sent if self.counts.sent == row => return Some(line),
                Next::Sent => piece.clear(),
                Next::More => self.read_on().ok()?,
                Next::End => return None,
            }
        }
    }

    fn read_on(&mut self) -> Result<()> {
        self.buffer.drain(..self.at);
        self.at = 0;
        if self.buffer.len() > LONGEST {
            return Err(Diagnostic::runtime(
                "load-line-too-long",
                format!("{}:{}: the line has more than {} MiB; nothing of it was loaded", self.shown, self.line, LONGEST >> 20),
            )
            .help("a quote that is never closed makes such lines; `quote: none` reads quotes as ordinary characters")
            .boxed());
        }
        match self.input.next()? {
            Some(chunk) if self.buffer.is_empty() => self.buffer = chunk,
            Some(chunk) => self.buffer.extend_from_slice(&chunk),
            None => self.is_last = true,
        }
        Ok(())
    }

    fn next(&mut self, piece: &mut Vec<u8>) -> Result<Next> {
        if self.at == self.buffer.len() {
            if !self.is_last {
                return Ok(Next::More);
            }
            return self.end();
        }
        match &self.lines {
            Lines::Csv { .. } => self.next_csv(piece),
            Lines::Json(_) => self.next_json(piece),
        }
    }

    fn next_csv(&mut self, piece: &mut Vec<u8>) -> Result<Next> {
        let Lines::Csv { splitter, shape, header } = &mut self.lines else { return Ok(Next::End) };
        let rest = &self.buffer[self.at..];
        let (content, end, flaw) = match splitter.split(rest, self.is_last) {
            Split::Record { content, end, flaw } => (content, end, flaw),
            Split::More => return Ok(Next::More),
            Split::Unclosed(lines) => {
                return Err(Diagnostic::runtime(
                    "load-quote",
                    format!(
                        "{}:{}: the quote that opens in this line is never closed; nothing of it was loaded",
                        self.shown,
                        self.line + lines as u64
                    ),
                )
                .help("correct the file, or set `quote: none` to read quotes as ordinary characters")
                .boxed());
            }
        };
        let line = self.line;
        self.at += end;
        self.line += if splitter.has_quotes() || flaw.is_some() {
            memchr::memchr_iter(b'\n', &rest[..end]).count() as u64
        } else {
            1
        };
        let raw = &rest[..content];
        if !header.is_read {
            header.is_read = true;
            if shape.has_header {
                let record =
                    std::str::from_utf8(raw).map_err(|_| header::not_decoded(&self.shown, self.encoding))?;
                splitter.unescape(record);
                let names: Vec<String> =
                    (0..splitter.count()).map(|at| splitter.name(record, at).to_owned()).collect();
                header.count = names.len();
                let columns =
                    with_dates(&self.columns, &header.dates, |name| names.iter().any(|known| known == name));
                self.columns = header::places(columns, &names, header.unknown, &self.shown)?;
                return Ok(Next::Sent);
            }
            self.columns = with_dates(&self.columns, &header.dates, |_| false);
            header.count = 0;
            for column in &mut self.columns {
                if column.place != Place::Whole && !matches!(column.place, Place::Constant(_)) {
                    column.place = Place::Field(header.count);
                    header.count += 1;
                }
            }
        }
        if content == 0 && header.count != 1 {
            return Ok(Next::Sent);
        }
        self.counts.read += 1;
        let written = match (std::str::from_utf8(raw), flaw) {
            (Err(_), _) => Err(Misfit::of_line(format!("not valid {}", self.encoding))),
            (_, Some(flaw)) => Err(Misfit::of_line(flaw)),
            (Ok(_), None) if splitter.count() != header.count => Err(Misfit::of_line(format!(
                "the line has {}, the file {}",
                counted(splitter.count(), "field"),
                counted(header.count, "field")
            ))),
            (Ok(record), None) => {
                splitter.unescape(record);
                let field = |index| splitter.field(record, index);
                self.leads.write(line, raw, self.rejects.is_decoded(), &mut self.head);
                record::write(&self.columns, &self.head, field, record, piece)
            }
        };
        match written {
            Ok(()) => self.counts.sent += 1,
            Err(misfit) => self.rejects.add(line, raw, &misfit)?,
        }
        Ok(Next::Sent)
    }

    fn next_json(&mut self, piece: &mut Vec<u8>) -> Result<Next> {
        let rest = &self.buffer[self.at..];
        let (content, end) = match memchr::memchr(b'\n', rest) {
            Some(end) => (end, end + 1),
            None if self.is_last => (rest.len(), rest.len()),
            None => return Ok(Next::More),
        };
        let raw = rest[..content].trim_ascii();
        let number = self.line;
        self.at += end;
        self.line += 1;
        if raw.is_empty() {
            return Ok(Next::Sent);
        }
        self.counts.read += 1;
        let Lines::Json(objects) = &mut self.lines else { return Ok(Next::End) };
        let written = match std::str::from_utf8(raw) {
            Err(_) => Err(Misfit::of_line(format!("not valid {}", self.encoding))),
            Ok(line) => objects.read(line).map_err(Misfit::of_line).and_then(|()| {
                self.leads.write(number, raw, self.rejects.is_decoded(), &mut self.head);
                let field = |index: usize| objects.field(line, index);
                record::write(&self.columns, &self.head, field, line, piece)
            }),
        };
        match written {
            Ok(()) => self.counts.sent += 1,
            Err(misfit) => self.rejects.add(number, raw, &misfit)?,
        }
        Ok(Next::Sent)
    }

    /// After the last byte.
    fn end(&self) -> Result<Next> {
        match &self.lines {
            Lines::Csv { shape, header, .. } if shape.has_header && !header.is_read => {
                Err(header::missing(&self.shown))
            }
            _ => Ok(Next::End),
        }
    }
}
