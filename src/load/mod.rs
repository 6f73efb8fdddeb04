//! Rows from files, commands and standard input: found, opened, decoded, split into records, judged by the declared
//! columns, and written as what COPY reads. `run` sends it to the server.

mod column;
mod copy_text;
mod csv;
mod decoding;
mod feed;
mod files;
mod header;
mod input;
mod json_lines;
mod judge;
mod members;
mod one_table;
mod origin_reader;
mod place;
mod record;
mod rejects;
mod source;

pub(crate) use column::Column;
pub(crate) use feed::{Counts, Feed, Leads};
pub(crate) use files::{FoundFiles, find, named};
pub(crate) use input::{Input, Provenance, checksum};
pub(crate) use one_table::names_of_loaded_tables;
pub(crate) use origin_reader::modified;
pub(crate) use place::FoundFile;
pub(crate) use source::{LoadedTable, is_loaded};
