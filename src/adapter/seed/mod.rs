//! Seeds: a CSV file becomes a typed table by one pass that infers types and one that streams a COPY.
//!
//! Types and nulls follow dbt (agate's rules): an empty cell or the word `null` is NULL; a column is a
//! number, date, timestamp or boolean when all its cells are, else text.

mod copy;
mod encoding;
mod inference;
mod misfit;
mod options;
mod records;
mod remarks;
mod seed_type;
mod value;

use std::path::Path;

use crate::diagnostic::{Diagnostic, Result, SourceText, Span};
use crate::hashed::{HashMap, HashSet, RandomState};

use super::Cell;
use inference::Inference;
pub(crate) use options::Nulls;
pub use options::SeedOptions;
use records::{Records, Row};
use seed_type::SeedType;

/// A column of a seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedColumn {
    pub name: String,
    pub data_type: SeedType,
}

/// A seed's file, read and typed.
#[derive(Debug)]
pub struct Seed {
    bytes: Vec<u8>,
    shown_path: String,
    delimiter: u8,
    nulls: Nulls,
    /// Where the first row after the header begins.
    data_start: usize,
    pub columns: Vec<SeedColumn>,
    pub row_count: usize,
    /// The server can read the file's bytes as they are.
    verbatim: bool,
    /// What is likely a mistake: the event's name and its text.
    pub(crate) remarks: Vec<(&'static str, String)>,
}

impl Seed {
    pub fn read(path: &Path, shown_path: &str, options: &SeedOptions) -> Result<Self> {
        let bytes = crate::regular::read(path).map_err(|error| {
            Diagnostic::runtime("unreadable-file", format!("could not read `{shown_path}`: {error}")).boxed()
        })?;
        Self::parse(bytes, shown_path, options)
    }

    pub(crate) fn parse(bytes: Vec<u8>, shown_path: &str, options: &SeedOptions) -> Result<Self> {
        if bytes.trim_ascii().is_empty() || bytes == b"\xef\xbb\xbf" {
            return Err(empty(shown_path));
        }
        encoding::check(&bytes, shown_path)?;
        let start = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let mut records = Records::new(&bytes, start, options.delimiter);
        let mut row = Row::default();
        let names = if records.next(&mut row) { column_names(&row, &bytes) } else { Vec::new() };
        let data_start = records.position();
        let mut inference = Inference::new(&names, options);
        let mut row_count = 0;
        let mut begin = data_start;
        while records.next(&mut row) {
            if row.len() > names.len() {
                return Err(too_long(row_count, row.len(), names.len(), &bytes, begin, shown_path));
            }
            inference.row(&row, &bytes);
            row_count += 1;
            begin = records.position();
        }
        // the server reads quotes and line ends in its own way
        let remarks = remarks::remarks(&names, options, shown_path);
        let data = &bytes[data_start..];
        let verbatim = inference.is_verbatim() && !data.contains(&b'"') && !data.contains(&b'\r');
        let types = inference.finish();
        let columns =
            names.into_iter().zip(types).map(|(name, data_type)| SeedColumn { name, data_type }).collect();
        Ok(Self {
            bytes,
            shown_path: shown_path.to_owned(),
            delimiter: options.delimiter,
            nulls: options.nulls.clone(),
            data_start,
            columns,
            row_count,
            verbatim,
            remarks,
        })
    }

    /// The first `most` rows as values, for templates that look at them.
    pub(crate) fn rows(&self, most: usize) -> Vec<Vec<Cell>> {
        let mut records = Records::new(&self.bytes, self.data_start, self.delimiter);
        let mut row = Row::default();
        let mut rows = Vec::with_capacity(self.row_count.min(most));
        while rows.len() < most && records.next(&mut row) {
            let cell = |(index, column): (usize, &SeedColumn)| match row.field(index, &self.bytes) {
                Some(field) if !self.nulls.include(field) => value::cell(field, column.data_type),
                _ => Cell::Null,
            };
            rows.push(self.columns.iter().enumerate().map(cell).collect());
        }
        rows
    }
}

/// agate's names: a second `a` is `a_2`, and a column without a name gets a letter.
fn column_names(row: &Row, bytes: &[u8]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(row.len());
    let mut taken: HashSet<String> = HashSet::with_capacity_and_hasher(row.len(), RandomState::default());
    let mut counts: HashMap<String, usize> = HashMap::default();
    for index in 0..row.len() {
        let text = String::from_utf8_lossy(row.field(index, bytes).unwrap_or_default()).into_owned();
        let letter = char::from(b'a' + u8::try_from(index % 26).unwrap_or_default());
        let base = if text.is_empty() { letter.to_string().repeat(index / 26 + 1) } else { text };
        let mut name = base.clone();
        let count = counts.entry(base.clone()).or_insert(2);
        while taken.contains(&name) {
            name = format!("{base}_{count}");
            *count += 1;
        }
        taken.insert(name.clone());
        names.push(name);
    }
    names
}

/// A file that was cut off, mostly: a table without columns would hide that.
fn empty(path: &str) -> Box<Diagnostic> {
    let source = SourceText::new(path, "");
    Diagnostic::compilation("seed-empty", "the file is empty: it has no header")
        .label(Span::new(&source, 0..0), "")
        .help("write the names of the columns in the first line; rows may be missing")
        .boxed()
}

fn too_long(
    index: usize,
    cells: usize,
    columns: usize,
    bytes: &[u8],
    begin: usize,
    path: &str,
) -> Box<Diagnostic> {
    let source = SourceText::new(path, String::from_utf8_lossy(bytes));
    let end = bytes[begin..].iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |at| begin + at);
    Diagnostic::compilation(
        "seed-row-too-long",
        format!("Row {index} has {cells} values, but Table only has {columns} columns."),
    )
    .label(Span::new(&source, begin..end), format!("the header names {columns} columns"))
    .help("quote a value that contains the delimiter, or correct the header")
    .boxed()
}

#[cfg(test)]
mod tests;
