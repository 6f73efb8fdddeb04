//! Rows that do not fit: kept in a file until the others are in their table, then written to the table of rejects.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read as _, Seek as _, Write as _};

use crate::diagnostic::{Diagnostic, Result};
use crate::output::Scratch;

/// As many as a message shows.
pub(super) const SHOWN: u64 = 10;

/// Longer rows are cut in the table of rejects.
const LONGEST: usize = 64 * 1024;

/// A row, and why it does not fit.
#[derive(Debug)]
pub(super) struct Reject {
    pub(super) file: String,
    pub(super) line: u64,
    pub(super) column: Option<String>,
    pub(super) reason: String,
    pub(super) raw: String,
}

impl std::fmt::Display for Reject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if let Some(column) = &self.column {
            write!(f, "`{column}` ")?;
        }
        f.write_str(&self.reason)
    }
}

/// All of a load.
#[derive(Debug, Default)]
pub(crate) struct Rejects {
    pub(super) count: u64,
    pub(super) shown: Vec<String>,
    kept: Option<Kept>,
}

#[derive(Debug)]
struct Kept {
    writer: BufWriter<File>,
    folder: Scratch,
}

impl Rejects {
    pub(super) fn add(&mut self, reject: &Reject, is_kept: bool) -> Result<()> {
        self.count += 1;
        if self.count <= SHOWN {
            self.shown.push(reject.to_string());
        }
        if !is_kept {
            return Ok(());
        }
        let kept = match &mut self.kept {
            Some(kept) => kept,
            none => none.insert(Kept::new().map_err(|error| unkept(&error))?),
        };
        kept.writer.write_all(&row(reject)).map_err(|error| unkept(&error))
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Their rows as those of a binary COPY, piece by piece.
    pub(crate) fn rows(&mut self) -> Result<impl FnMut(&mut Vec<u8>) -> Result<bool> + use<>> {
        let file = match self.kept.take() {
            Some(kept) => Some(kept.finish().map_err(|error| unkept(&error))?),
            None => None,
        };
        let mut reader = file.map(|(file, folder)| (BufReader::new(file), folder));
        let mut is_begun = false;
        Ok(move |piece: &mut Vec<u8>| {
            if !is_begun {
                is_begun = true;
                piece.extend_from_slice(super::row::HEADER);
            }
            let Some((reader, _)) = &mut reader else {
                piece.extend_from_slice(super::row::TRAILER);
                return Ok(false);
            };
            let old = piece.len();
            reader.take(256 * 1024).read_to_end(piece).map_err(|error| unkept(&error))?;
            if piece.len() > old {
                return Ok(true);
            }
            piece.extend_from_slice(super::row::TRAILER);
            Ok(false)
        })
    }
}

impl Kept {
    fn new() -> std::io::Result<Self> {
        let folder = Scratch::new()?;
        let mut options = File::options();
        let file = options.read(true).write(true).create_new(true).open(folder.path().join("rejects"))?;
        Ok(Self { writer: BufWriter::new(file), folder })
    }

    fn finish(self) -> std::io::Result<(File, Scratch)> {
        let mut file = self.writer.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.rewind()?;
        Ok((file, self.folder))
    }
}

fn unkept(error: &std::io::Error) -> Box<Diagnostic> {
    Diagnostic::runtime("load-rejects", format!("could not keep rejected rows in a temporary file: {error}"))
        .boxed()
}

/// `file, line, column_name, reason, raw`
fn row(reject: &Reject) -> Vec<u8> {
    let mut row = 5_i16.to_be_bytes().to_vec();
    let line = i64::try_from(reject.line).unwrap_or(i64::MAX).to_be_bytes();
    let column = reject.column.as_deref().map(str::as_bytes);
    let fields = [
        Some(reject.file.as_bytes()),
        Some(&line[..]),
        column,
        Some(reject.reason.as_bytes()),
        Some(reject.raw.as_bytes()),
    ];
    for field in fields {
        match field {
            Some(bytes) => {
                row.extend_from_slice(&i32::try_from(bytes.len()).unwrap_or_default().to_be_bytes());
                row.extend_from_slice(bytes);
            }
            None => super::value::write_null(&mut row),
        }
    }
    row
}

/// What the server can store of a row, with the bytes that it cannot as `\x00`.
pub(super) fn shown(raw: &[u8]) -> String {
    let raw = raw.strip_suffix(b"\n").unwrap_or(raw);
    let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
    let (cut, ending) = if raw.len() > LONGEST { (&raw[..LONGEST], "…") } else { (raw, "") };
    let mut text = String::with_capacity(cut.len());
    for chunk in cut.utf8_chunks() {
        text.push_str(&chunk.valid().replace('\0', "\\x00"));
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text + ending
}
