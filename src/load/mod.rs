//! Rows from files, commands and standard input: found, opened, decoded, split into records, judged by the declared
//! columns, and written as what COPY reads. `run` sends it to the server.

mod column;
mod copy_text;
mod csv;
mod feed;
mod files;
mod input;
mod json_lines;
mod judge;
mod origin_reader;
mod record;
mod rejects;
mod source;

pub(crate) use column::Column;
pub(crate) use feed::{Counts, Feed};
pub(crate) use files::{FoundFile, find, named};
pub(crate) use input::{Input, Outcome, checksum};
pub(crate) use source::{LoadedTable, is_loaded};
