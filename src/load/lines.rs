//! What one record of an input becomes: a row of the COPY, or the reason why it has none.

use jiff::tz::TimeZone;
use memchr::memchr;

use super::column::LoadColumn;
use super::csv::{Flaw, Record};
use super::document::{self, unescaped};
use super::value::{self, write_null};
use super::window::NOT_TEXT;

/// Why a record does not fit, and the column that says so.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) column: Option<String>,
    pub(super) reason: String,
}

impl Refusal {
    pub(super) fn of_record(reason: impl Into<String>) -> Self {
        Self { column: None, reason: reason.into() }
    }

    fn of(column: &LoadColumn, reason: impl Into<String>) -> Self {
        Self { column: Some(column.name.clone()), reason: reason.into() }
    }
}

/// A record's bytes as text that the server can store.
pub(super) fn text(raw: &[u8]) -> Result<&str, Refusal> {
    if memchr(0, raw).is_some() {
        return Err(Refusal::of_record("has a NUL character, which PostgreSQL cannot store"));
    }
    std::str::from_utf8(raw).map_err(|error| {
        let byte = raw.get(error.valid_up_to()).copied().unwrap_or_default();
        let before = String::from_utf8_lossy(&raw[..error.valid_up_to()]).chars().count();
        // 0xFF stands for a byte that the input's encoding does not have
        let byte = if byte == NOT_TEXT { String::new() } else { format!(" (byte 0x{byte:02X})") };
        Refusal::of_record(format!("is not in the encoding of the file at character {}{byte}", before + 1))
    })
}

/// Which field of a record a column takes.
pub(super) struct Places {
    pub(super) of_columns: Vec<usize>,
    /// As many as the header, or the columns.
    pub(super) fields: usize,
}

/// One record of CSV.
pub(super) struct CsvRow<'a> {
    pub(super) record: &'a Record,
    pub(super) flaw: Option<Flaw>,
    pub(super) text: &'a str,
    pub(super) places: &'a Places,
    pub(super) nulls: &'a [String],
}

impl CsvRow<'_> {
    pub(super) fn write(
        &self,
        columns: &[LoadColumn],
        zone: &TimeZone,
        into: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        if let Some(Flaw::AfterQuote(index)) = self.flaw {
            return Err(Refusal::of_record(format!(
                "has text behind the closing quote of value {}",
                index + 1
            )));
        }
        let (found, expected) = (self.record.len(), self.places.fields);
        if found != expected {
            let values = if found == 1 { "value" } else { "values" };
            return Err(Refusal::of_record(format!("has {found} {values}, not {expected}")));
        }
        count(columns, into);
        for (column, place) in columns.iter().zip(&self.places.of_columns) {
            let (bytes, is_quoted) = self.record.field(*place, self.text.as_bytes());
            // cut out of text at ASCII characters
            let value = std::str::from_utf8(bytes).unwrap_or_default();
            let is_null =
                !is_quoted && self.is_null(value) || !column.data_type.is_text() && value.trim().is_empty();
            if is_null {
                null(column, into)?;
                continue;
            }
            if !is_quoted && value.contains('\r') {
                return Err(Refusal::of(column, "has a carriage return outside of quotes"));
            }
            put(column, value, zone, into)?;
        }
        Ok(())
    }

    fn is_null(&self, value: &str) -> bool {
        value.is_empty() || self.nulls.iter().any(|null| null == value)
    }
}

/// One document a line: its members by name, and the whole of it.
pub(super) fn write_document(
    text: &str,
    columns: &[LoadColumn],
    zone: &TimeZone,
    into: &mut Vec<u8>,
) -> Result<(), Refusal> {
    let mut values: Vec<Option<std::ops::Range<usize>>> = vec![None; columns.len()];
    let members = document::members(text, |key, range| {
        for (value, column) in values.iter_mut().zip(columns) {
            if !column.field.is_empty() && column.field == key {
                *value = Some(range.clone());
            }
        }
    });
    members.map_err(|error| {
        Refusal::of_record(format!(
            "{} (character {})",
            error.reason,
            text[..error.at.min(text.len())].chars().count() + 1
        ))
    })?;
    count(columns, into);
    for (column, range) in columns.iter().zip(values) {
        if column.field.is_empty() {
            put(column, text.trim(), zone, into)?;
            continue;
        }
        let Some(written) = range.map(|range| &text[range]).filter(|written| *written != "null") else {
            null(column, into)?;
            continue;
        };
        let is_document =
            matches!(column.data_type, super::data_type::DataType::Json | super::data_type::DataType::Jsonb);
        let inner =
            written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).filter(|_| !is_document);
        match inner {
            Some(inner) => put(column, &unescaped(inner), zone, into)?,
            None if written.starts_with(['{', '[']) && !is_document && !column.data_type.is_text() => {
                return Err(Refusal::of(
                    column,
                    format!("is not a value of type {}", column.data_type.name()),
                ));
            }
            None => put(column, written, zone, into)?,
        }
    }
    Ok(())
}

fn count(columns: &[LoadColumn], into: &mut Vec<u8>) {
    into.extend_from_slice(&i16::try_from(columns.len()).unwrap_or(i16::MAX).to_be_bytes());
}

fn null(column: &LoadColumn, into: &mut Vec<u8>) -> Result<(), Refusal> {
    if column.is_required {
        return Err(Refusal::of(column, "is missing"));
    }
    write_null(into);
    Ok(())
}

fn put(column: &LoadColumn, value: &str, zone: &TimeZone, into: &mut Vec<u8>) -> Result<(), Refusal> {
    const SHOWN: usize = 40;
    value::write(column, value, zone, into).map_err(|misfit| {
        let cut: String = value.chars().take(SHOWN).collect();
        let ending = if cut.len() < value.len() { "…" } else { "" };
        Refusal::of(column, format!("{misfit}: `{cut}{ending}`"))
    })
}
