//! `config.load` of a source or one of its tables: where the rows come from, how they are written there, and how they enter the table.

mod choices;
mod copied;
mod given;
mod keys;
mod origin;
mod pattern;
mod rejects;
pub(crate) mod schema;

use super::{Fields, Yaml, strict};
use crate::diagnostic::{Diagnostic, Result};
use crate::hashed::IndexMap;

pub(crate) use choices::{CODE, Compression, LoadMode, Missing, UnknownColumns};
pub(crate) use copied::{Copied, Lookback};
use given::{Given, Quote};
pub(crate) use origin::{Origin, OriginTable};
pub(crate) use pattern::{FileDate, FilePattern, Fit};
pub(crate) use rejects::{Deadline, MostRejects};

/// The complete config of one table.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    pub origin: Origin,
    pub mode: LoadMode,
    pub unique_key: Vec<String>,
    pub shape: Shape,
    pub encoding: &'static encoding_rs::Encoding,
    pub compression: Compression,
    /// By column: a format of dates, numbers or booleans.
    pub formats: IndexMap<String, String>,
    /// By column: its name in the file.
    pub headers: IndexMap<String, String>,
    pub unknown_columns: UnknownColumns,
    pub most_rejects: MostRejects,
    pub deadline: Option<Deadline>,
    pub copied: Copied,
}

/// How rows are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shape {
    Csv(CsvShape),
    JsonLines,
}

/// The signs of a CSV file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CsvShape {
    pub delimiter: u8,
    /// `None`: quotes are ordinary characters.
    pub quote: Option<u8>,
    pub has_header: bool,
    /// Fields without quotes that are NULL.
    pub nulls: Vec<String>,
}

impl Load {
    /// Every mistake that can be seen without the other places of the config.
    pub(crate) fn check(yaml: &Yaml) -> Result<()> {
        Given::read(&Fields::new(yaml, "load config", "")?).map(drop)
    }

    /// The config as it was merged.
    pub(crate) fn read(yaml: &Yaml) -> Result<Self> {
        let fields = Fields::new(yaml, "load config", "")?;
        let given = Given::read(&fields)?;
        let Some(origin) = given.origin else { return Err(strict::missing(CODE, &fields, "from")) };
        let is_copied = matches!(origin, Origin::Connection(_));
        let mode = given.mode.unwrap_or(if is_copied { LoadMode::Replace } else { LoadMode::Append });
        let unique_key = given.unique_key.unwrap_or_default();
        if mode == LoadMode::Upsert && unique_key.is_empty() {
            return Err(strict::missing(CODE, &fields, "unique_key"));
        }
        copied::check(&fields, is_copied, mode, !unique_key.is_empty())?;
        let shape = match given.is_json {
            Some(true) => {
                if let Some(key) = ["delimiter", "quote", "header", "null", "headers"]
                    .into_iter()
                    .find(|key| fields.get(key).is_some())
                {
                    return Err(only_for_csv(&fields, key));
                }
                Shape::JsonLines
            }
            _ => Shape::Csv(CsvShape {
                delimiter: given.delimiter.unwrap_or(b','),
                quote: given.quote.map_or(Some(b'"'), Quote::sign),
                has_header: given.has_header.unwrap_or(true),
                nulls: given.nulls.unwrap_or_else(|| vec![String::new()]),
            }),
        };
        Ok(Self {
            origin,
            mode,
            unique_key,
            shape,
            encoding: given.encoding.unwrap_or(encoding_rs::UTF_8),
            compression: given.compression.unwrap_or(Compression::Auto),
            formats: given.formats,
            headers: given.headers,
            unknown_columns: given.unknown_columns.unwrap_or(UnknownColumns::Refused),
            most_rejects: given.most_rejects.unwrap_or_default(),
            deadline: given.deadline,
            copied: given.copied,
        })
    }
}

fn only_for_csv(fields: &Fields<'_>, key: &str) -> Box<Diagnostic> {
    let place = fields.get(key).unwrap_or(fields.yaml);
    Diagnostic::parsing(CODE, format!("`{key}` applies only to `format: csv`"))
        .label(place.span(), "")
        .help(format!("remove `{key}`"))
        .boxed()
}
