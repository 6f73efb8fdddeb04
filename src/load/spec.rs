//! What `config.load` of a source's table says, checked.

use std::path::PathBuf;

use encoding_rs::{Encoding, UTF_8};
use jiff::tz::TimeZone;
use serde_json::Value as Json;

use super::column::LoadColumn;
use super::keys::{Keys, invalid};
use super::pattern::Pattern;
use crate::diagnostic::{Diagnostic, Result};
use crate::manifest::SourceDefinition;

/// One table's load.
#[derive(Debug)]
pub(crate) struct LoadSpec {
    pub(super) from: From,
    pub(super) form: Form,
    pub(super) encoding: &'static Encoding,
    /// `None`: by the names of the files.
    pub(super) compression: Option<Compression>,
    pub(crate) columns: Vec<LoadColumn>,
    pub(crate) mode: Mode,
    pub(crate) unique_key: Vec<String>,
    pub(crate) most_rejects: u64,
    /// Of timestamps without an offset in columns with a time zone.
    pub(super) time_zone: TimeZone,
    pub(super) root: PathBuf,
}

/// Where rows come from.
#[derive(Debug)]
pub(super) enum From {
    Files(Pattern),
    Command(Vec<String>),
    Stdin,
}

/// How rows are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    Csv {
        delimiter: u8,
        has_header: bool,
        nulls: Vec<String>,
        ignores_other_columns: bool,
    },
    /// A document a line.
    Jsonl,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Gzip,
    Zstd,
}

/// What becomes of the rows that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Replace,
    Append,
    Upsert,
}

impl Mode {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Append => "append",
            Self::Upsert => "upsert",
        }
    }
}

const KEYS: &[&str] = &["from", "columns", "mode", "unique_key", "rejects", "time_zone"];
const FROM: &[&str] = &[
    "files",
    "command",
    "stdin",
    "format",
    "delimiter",
    "encoding",
    "compression",
    "header",
    "null_values",
    "other_columns",
];

impl LoadSpec {
    /// `None` for a source that is not loaded. Paths are relative to the project.
    pub(crate) fn of(source: &SourceDefinition, root: PathBuf) -> Result<Option<Self>> {
        let Some(load) = source.config.get("load").filter(|load| !load.is_null()) else { return Ok(None) };
        let subject =
            format!("source {}.{} ({})", source.source_name, source.name, source.original_file_path);
        Self::read(load, source, root).map(Some).map_err(|error| error.subject(subject).boxed())
    }

    fn read(load: &Json, source: &SourceDefinition, root: PathBuf) -> Result<Self> {
        let keys = Keys::new(load, "load", KEYS)?;
        let Some(from) = keys.get("from") else {
            return Err(invalid("load.from", "is missing")
                .help("say where the rows come from, as in `from: {files: \"landing/orders_{date:%Y-%m-%d}.csv\"}`")
                .boxed());
        };
        let stdin = Json::Object([("stdin".to_owned(), Json::Bool(true))].into_iter().collect());
        let from = Keys::new(if from.as_str() == Some("stdin") { &stdin } else { from }, "load.from", FROM)?;
        let place = place(&from)?;
        let form = form(&from, &place)?;
        let mut columns = match keys.get("columns") {
            Some(columns) => LoadColumn::read_all(columns)?,
            None => LoadColumn::of_properties(&source.columns)?,
        };
        if form == Form::Jsonl && columns.iter().all(|column| column.name != "payload") {
            columns.push(LoadColumn::payload());
        }
        if columns.is_empty() {
            return Err(invalid("load.columns", "is missing")
                .help("declare the columns with their types: `load: {columns: {id: bigint, name: text}}`")
                .boxed());
        }
        let unique_key = keys.texts("unique_key")?.unwrap_or_default();
        for key in &unique_key {
            match columns.iter_mut().find(|column| column.name == *key) {
                Some(column) => column.is_required = true,
                None => {
                    return Err(invalid(
                        "load.unique_key",
                        &format!("names `{key}`, which is not among the columns"),
                    )
                    .boxed());
                }
            }
        }
        let modes = [("replace", Mode::Replace), ("append", Mode::Append), ("upsert", Mode::Upsert)];
        let Some(mode) = keys.word("mode", &modes)? else {
            return Err(invalid("load.mode", "is missing")
                .help("set it to replace, append or upsert")
                .boxed());
        };
        if mode == Mode::Upsert && unique_key.is_empty() {
            return Err(invalid("load.unique_key", "is missing, which `mode: upsert` needs").boxed());
        }
        let rejects =
            keys.get("rejects").map(|rejects| Keys::new(rejects, "load.rejects", &["max"])).transpose()?;
        let most_rejects = rejects.map(|rejects| rejects.count("max")).transpose()?.flatten().unwrap_or(0);
        let compressions =
            [("none", Compression::None), ("gzip", Compression::Gzip), ("zstd", Compression::Zstd)];
        Ok(Self {
            compression: from.word("compression", &compressions)?,
            from: place,
            form,
            encoding: encoding(&from)?,
            columns,
            mode,
            unique_key,
            most_rejects,
            time_zone: time_zone(&keys)?,
            root,
        })
    }

    /// Each of them is loaded once; a stream is loaded each time.
    pub(crate) fn has_files(&self) -> bool {
        matches!(self.from, From::Files(_))
    }

    pub(crate) fn reads_stdin(&self) -> bool {
        matches!(self.from, From::Stdin)
    }
}

fn place(from: &Keys<'_>) -> Result<From> {
    let one = |error: Diagnostic| error.help("give one of: files, command, stdin").boxed();
    match (from.text("files")?, from.texts("command")?, from.flag("stdin")?.unwrap_or(false)) {
        (Some(files), None, false) => Pattern::parse(files).map(From::Files),
        (None, Some(words), false) if !words.is_empty() => Ok(From::Command(words)),
        (None, None, true) => Ok(From::Stdin),
        (None, None, false) => Err(one(invalid("load.from", "names nothing to read"))),
        _ => Err(one(invalid("load.from", "names more than one thing to read"))),
    }
}

fn form(from: &Keys<'_>, place: &From) -> Result<Form> {
    let by_name = match place {
        From::Files(pattern) => pattern.extension(),
        _ => None,
    };
    let given = from.word("format", &[("csv", "csv"), ("jsonl", "jsonl")])?;
    let form = match given.or(match by_name {
        Some("csv") => Some("csv"),
        Some("jsonl" | "ndjson") => Some("jsonl"),
        _ => None,
    }) {
        Some("csv") => {
            let delimiter = match from.text("delimiter")?.unwrap_or(",").as_bytes() {
                &[byte] if !matches!(byte, b'"' | b'\n' | b'\r') && byte.is_ascii() => byte,
                _ => {
                    let what = "is not a delimiter (expected one ASCII character)";
                    return Err(invalid("load.from.delimiter", what).boxed());
                }
            };
            let others = from.word("other_columns", &[("fail", false), ("ignore", true)])?;
            return Ok(Form::Csv {
                delimiter,
                has_header: from.flag("header")?.unwrap_or(true),
                nulls: from.texts("null_values")?.unwrap_or_default(),
                ignores_other_columns: others.unwrap_or(false),
            });
        }
        Some(_) => Form::Jsonl,
        None => return Err(invalid("load.from.format", "is missing").help("set it to csv or jsonl").boxed()),
    };
    for key in ["delimiter", "header", "null_values", "other_columns"] {
        if from.get(key).is_some() {
            return Err(invalid(&from.path(key), "applies to `format: csv` only").boxed());
        }
    }
    Ok(form)
}

fn encoding(from: &Keys<'_>) -> Result<&'static Encoding> {
    let Some(name) = from.text("encoding")? else { return Ok(UTF_8) };
    Encoding::for_label(name.as_bytes()).ok_or_else(|| {
        invalid("load.from.encoding", &format!("is `{name}`, which is not a known encoding"))
            .help("use a name as utf-8, windows-1252, iso-8859-15, utf-16le, shift_jis")
            .boxed()
    })
}

fn time_zone(keys: &Keys<'_>) -> Result<TimeZone> {
    let Some(name) = keys.text("time_zone")? else { return Ok(TimeZone::UTC) };
    TimeZone::get(name).map_err(|_| {
        invalid("load.time_zone", &format!("is `{name}`, which is not a time zone"))
            .help("use a name as Europe/Berlin")
            .boxed()
    })
}
