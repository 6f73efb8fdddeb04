//! The lines that do not fit: counted, the first ones kept for the message, all of them kept as COPY reads them.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};

use super::copy_text;
use crate::config::load::MostRejects;
use crate::diagnostic::{Diagnostic, Result};
use crate::output::Scratch;

/// Named in the message.
const SHOWN: usize = 5;
/// Kept in memory; what is more goes to a temporary file.
const IN_MEMORY: usize = 4 << 20;
/// Of the text of one line.
const LONGEST_RAW: usize = 1 << 20;

/// Why a line does not fit.
#[derive(Debug, Clone)]
pub(super) struct Misfit {
    /// Empty: the line as a whole.
    pub(super) column: String,
    pub(super) reason: String,
}

impl Misfit {
    pub(super) fn of_line(reason: impl Into<String>) -> Self {
        Self { column: String::new(), reason: reason.into() }
    }
}

/// The rejects of one file.
#[derive(Debug, Default)]
pub(crate) struct Rejects {
    file: String,
    most: MostRejects,
    /// The file has another encoding than UTF-8.
    is_decoded: bool,
    count: u64,
    first: Vec<String>,
    bytes: Vec<u8>,
    spilled: Option<(Scratch, File)>,
    /// The column of the last lines of the server.
    of_server: Option<String>,
}

impl Rejects {
    pub(super) fn new(file: &str, most: MostRejects, is_decoded: bool) -> Self {
        Self { file: file.to_owned(), most, is_decoded, ..Self::default() }
    }

    pub(super) fn add(&mut self, line: u64, raw: &[u8], misfit: &Misfit) -> Result<()> {
        self.count += 1;
        if self.first.len() < SHOWN {
            let column = if misfit.column.is_empty() {
                String::new()
            } else {
                format!("column `{}`: ", misfit.column)
            };
            self.first.push(format!("{}:{line}: {column}{}", self.file, misfit.reason));
        }
        if self.is_doomed() {
            return Ok(());
        }
        let number = line.to_string();
        copy_text::write_message(&self.file, &mut self.bytes);
        self.bytes.push(b'\t');
        self.bytes.extend_from_slice(number.as_bytes());
        self.bytes.push(b'\t');
        copy_text::write_line(cut(raw), self.is_decoded, &mut self.bytes);
        self.bytes.push(b'\t');
        if misfit.column.is_empty() {
            self.bytes.extend_from_slice(copy_text::NULL);
        } else {
            copy_text::write_message(&misfit.column, &mut self.bytes);
        }
        self.bytes.push(b'\t');
        copy_text::write_message(&misfit.reason, &mut self.bytes);
        self.bytes.push(b'\n');
        if self.bytes.len() > IN_MEMORY { self.spill().map_err(|error| unwritten(&error)) } else { Ok(()) }
    }

    fn spill(&mut self) -> std::io::Result<()> {
        let (_, file) = match &mut self.spilled {
            Some(spilled) => spilled,
            none => {
                let scratch = Scratch::new()?;
                let path = scratch.path().join("rejects");
                let file = File::options().read(true).write(true).create_new(true).open(path)?;
                none.insert((scratch, file))
            }
        };
        file.write_all(&self.bytes)?;
        self.bytes.clear();
        Ok(())
    }

    pub(super) fn is_decoded(&self) -> bool {
        self.is_decoded
    }

    /// Whether no line that follows can save the file.
    pub(super) fn is_doomed(&self) -> bool {
        self.most.is_exceeded_by(self.count)
    }

    pub(super) fn has_enough_to_show(&self) -> bool {
        self.first.len() >= SHOWN
    }

    /// An error when there are more than the config allows.
    pub(crate) fn judge(&self, lines: u64) -> Result<()> {
        if self.most.is_exceeded(self.count, lines) { Err(self.too_many("")) } else { Ok(()) }
    }

    pub(super) fn too_many(&self, at_least: &str) -> Box<Diagnostic> {
        let lines =
            if self.count == 1 { "1 line does" } else { &format!("{}{} lines do", at_least, self.count) };
        let mut message = format!(
            "{}: {lines} not fit the declared columns, and at most {} may be rejected; nothing of it was loaded",
            self.file, self.most
        );
        for line in &self.first {
            message.push_str("\n  ");
            message.push_str(line);
        }
        Diagnostic::runtime("load-rejects", message)
            .help("correct the lines or the declared columns, or allow rejected lines with `rejects: {max: ..}`")
            .boxed()
    }

    /// Lines that the server has found and kept by itself: the same number with each of the first few.
    pub(crate) fn note_of_server(&mut self, count: u64, line: u64, column: &str, reason: &str) {
        if self.of_server.as_deref() != Some(column) {
            self.count += count;
            self.of_server = Some(column.to_owned());
        }
        if self.first.len() < SHOWN {
            self.first.push(format!("{}:{line}: column `{column}`: {reason}", self.file));
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Whether there is something to `fill` with.
    pub(crate) fn has_lines(&self) -> bool {
        self.spilled.is_some() || !self.bytes.is_empty()
    }

    /// All of them, for `copy .. from stdin`: appends the next piece and says whether more follows.
    pub(crate) fn fill(&mut self, piece: &mut Vec<u8>) -> Result<bool> {
        if let Some((_, file)) = &mut self.spilled {
            let count = file.take(256 * 1024).read_to_end(piece).map_err(|error| unwritten(&error))?;
            if count > 0 {
                return Ok(true);
            }
        }
        piece.append(&mut self.bytes);
        Ok(false)
    }

    /// Before the first `fill`.
    pub(crate) fn rewind(&mut self) -> Result<()> {
        match &mut self.spilled {
            Some((_, file)) => file.rewind().map_err(|error| unwritten(&error)),
            None => Ok(()),
        }
    }
}

/// As much of a line as is kept, without half a character.
pub(super) fn cut(line: &[u8]) -> &[u8] {
    let mut end = line.len().min(LONGEST_RAW);
    while end > 0 && line.get(end).is_some_and(|byte| byte & 0xc0 == 0x80) && end + 3 > LONGEST_RAW {
        end -= 1;
    }
    &line[..end]
}

fn unwritten(error: &std::io::Error) -> Box<Diagnostic> {
    Diagnostic::runtime(
        "load-scratch",
        format!("cannot keep the rejected lines in the temporary folder: {error}"),
    )
    .help("free space in the temporary folder, or set TMPDIR")
    .boxed()
}
