//! Rows from elsewhere, for a source that is filled: files, a program's output or standard input are decoded, split into records, and
//! checked against the declared columns; what fits becomes rows of one binary COPY, what does not is kept with its line and reason.
//! Nothing of an input is held but the record at work. `context` sends the rows, `builtin/macros/loads` puts them into their table.

mod column;
mod csv;
mod data_type;
mod document;
mod files;
mod format;
mod header;
mod input;
mod keys;
mod lines;
mod meter;
mod pattern;
mod pipe;
mod reject;
mod row;
mod rows;
mod spec;
mod value;
mod window;

pub(crate) use files::KnownFile;
pub(crate) use input::Input;
pub(crate) use reject::Rejects;
pub(crate) use rows::{Loaded, Rows};
pub(crate) use spec::LoadSpec;

use crate::diagnostic::Result;

impl LoadSpec {
    /// What is to be read: files that the ledger does not know, or the stream.
    pub(crate) fn inputs(&self, known: &[KnownFile]) -> Result<Vec<Input>> {
        let spec::From::Files(pattern) = &self.from else { return Ok(vec![Input::Stream]) };
        let found = files::find(pattern, &self.root)?;
        Ok(files::unread(pattern, found, self.mode, known)?.into_iter().map(Input::File).collect())
    }
}
