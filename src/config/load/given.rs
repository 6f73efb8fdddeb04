//! The keys of one `load:` as they are written, before the defaults.

use super::choices::{
    CODE, COMPRESSIONS, Compression, FORMATS, LoadMode, MODES, UNKNOWN_COLUMNS, UnknownColumns,
};
use super::copied::Copied;
use super::keys;
use super::origin::Origin;
use super::rejects::{Deadline, MostRejects};
use crate::config::{Fields, Yaml, strict};
use crate::diagnostic::{Diagnostic, Result};
use crate::hashed::IndexMap;

#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) origin: Option<Origin>,
    pub(super) mode: Option<LoadMode>,
    pub(super) unique_key: Option<Vec<String>>,
    pub(super) is_json: Option<bool>,
    pub(super) delimiter: Option<u8>,
    pub(super) quote: Option<Quote>,
    pub(super) has_header: Option<bool>,
    pub(super) nulls: Option<Vec<String>>,
    pub(super) encoding: Option<&'static encoding_rs::Encoding>,
    pub(super) compression: Option<Compression>,
    pub(super) formats: IndexMap<String, String>,
    pub(super) headers: IndexMap<String, String>,
    pub(super) unknown_columns: Option<UnknownColumns>,
    pub(super) most_rejects: Option<MostRejects>,
    pub(super) deadline: Option<Deadline>,
    pub(super) copied: Copied,
}

/// `quote:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quote {
    None,
    Sign(u8),
}

impl Quote {
    pub(super) fn sign(self) -> Option<u8> {
        match self {
            Self::None => None,
            Self::Sign(sign) => Some(sign),
        }
    }
}

impl Given {
    pub(super) fn read(fields: &Fields<'_>) -> Result<Self> {
        strict::refuse_unknown(CODE, fields, &keys::ALL)?;
        let word = |key, known| strict::choice(CODE, fields, key, known);
        let given = Self {
            origin: fields.get("from").map(Origin::read).transpose()?,
            mode: word("mode", MODES)?.map(|mode| LoadMode::of_word(&mode)),
            unique_key: fields.strings("unique_key")?,
            is_json: word("format", FORMATS)?.map(|format| format == "jsonl"),
            delimiter: fields.get("delimiter").map(|value| sign(value, "delimiter")).transpose()?,
            quote: fields.get("quote").map(quote).transpose()?,
            has_header: fields.boolean("header")?,
            nulls: fields.strings("null")?,
            encoding: fields.get("encoding").map(encoding).transpose()?,
            compression: word("compression", COMPRESSIONS)?.map(|name| match name.as_str() {
                "none" => Compression::None,
                "gzip" => Compression::Gzip,
                "zstd" => Compression::Zstd,
                _ => Compression::Auto,
            }),
            formats: texts(fields, "formats")?,
            headers: texts(fields, "headers")?,
            unknown_columns: word("unknown_columns", UNKNOWN_COLUMNS)?.map(|word| match word.as_str() {
                "ignore" => UnknownColumns::Ignored,
                _ => UnknownColumns::Refused,
            }),
            most_rejects: fields.get("rejects").map(MostRejects::read).transpose()?,
            deadline: fields.get("expect").map(Deadline::read).transpose()?,
            copied: Copied::read(fields)?,
        };
        if let (Some(delimiter), Some(quote)) = (given.delimiter, given.quote)
            && quote == Quote::Sign(delimiter)
        {
            let place = fields.get("quote").unwrap_or(fields.yaml);
            return Err(Diagnostic::parsing(CODE, "`delimiter` and `quote` are the same character")
                .label(place.span(), "")
                .help("write `quote: none` if the file has no quotes")
                .boxed());
        }
        Ok(given)
    }
}

/// A character that a byte holds and that ends no line.
fn sign(value: &Yaml, key: &str) -> Result<u8> {
    let text = value.scalar_text().unwrap_or_default();
    match text.as_str() {
        "\\t" | "tab" => return Ok(b'\t'),
        _ => {}
    }
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'\r' | b'\n' | 0) => Ok(*byte),
        _ => Err(Diagnostic::parsing(CODE, format!("`{key}` must be one ASCII character"))
            .label(value.span(), "")
            .help("for example `;`, `|` or `tab`")
            .boxed()),
    }
}

fn quote(value: &Yaml) -> Result<Quote> {
    if value.as_str() == Some("none") { Ok(Quote::None) } else { sign(value, "quote").map(Quote::Sign) }
}

fn encoding(value: &Yaml) -> Result<&'static encoding_rs::Encoding> {
    let name = value.expect_str("`encoding` of the load config")?;
    let known = match name.to_ascii_lowercase().as_str() {
        "latin-1" => Some(encoding_rs::WINDOWS_1252),
        "utf-16" => Some(encoding_rs::UTF_16LE),
        _ => encoding_rs::Encoding::for_label_no_replacement(name.as_bytes()),
    };
    known.ok_or_else(|| {
        Diagnostic::parsing(CODE, format!("`{name}` is not a known encoding"))
            .label(value.span(), "")
            .help("for example utf-8, windows-1252, latin-1, iso-8859-15 or utf-16")
            .boxed()
    })
}

/// A mapping of column names to texts.
fn texts(fields: &Fields<'_>, key: &str) -> Result<IndexMap<String, String>> {
    let Some(mapping) = fields.nested(key)?.and_then(Yaml::as_mapping) else {
        return Ok(IndexMap::default());
    };
    let text = |entry: &crate::config::yaml::Entry| match entry.value.scalar_text() {
        Some(text) => Ok((entry.key.clone(), text)),
        None => Err(entry.value.wrong_type(&format!("`{}` of `{key}`", entry.key), "a string")),
    };
    mapping.iter().map(text).collect()
}
