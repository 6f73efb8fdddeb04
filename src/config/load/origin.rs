//! `from:` of a load: files, a command, standard input, or a table of another database.

use super::choices::CODE;
use super::pattern::FilePattern;
use crate::config::{Fields, Yaml, strict};
use crate::diagnostic::{Diagnostic, Result, did_you_mean};

const KINDS: &[&str] = &["files", "command", "stdin", "connection"];

/// Where the rows come from.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    Files(Box<FilePattern>),
    /// A program and its arguments, called without a shell; the rows are what it prints.
    Command(Vec<String>),
    Stdin,
    Connection(Box<OriginTable>),
}

/// A table of the database that a connection means.
#[derive(Debug, Clone)]
pub(crate) struct OriginTable {
    pub connection: String,
    /// Without it, that of the source.
    pub schema: Option<String>,
    /// Without it, the identifier of the source table.
    pub table: Option<String>,
}

impl OriginTable {
    fn read(fields: &Fields<'_>) -> Result<Self> {
        strict::refuse_unknown(CODE, fields, &["connection", "schema", "table"])?;
        let Some(connection) = fields.string("connection")? else {
            return Err(strict::missing(CODE, fields, "connection"));
        };
        Ok(Self { connection, schema: fields.string("schema")?, table: fields.string("table")? })
    }
}

impl Origin {
    pub(super) fn read(value: &Yaml) -> Result<Self> {
        if let Some(word) = value.as_str() {
            return if word == "stdin" { Ok(Self::Stdin) } else { Err(unknown(value, word)) };
        }
        let fields = Fields::new(value, "`from` of a load config", "")?;
        if fields.mapping().get("connection").is_some() {
            return OriginTable::read(&fields).map(|table| Self::Connection(Box::new(table)));
        }
        let (Some(entry), 1) = (fields.mapping().iter().next(), fields.mapping().len()) else {
            return Err(Diagnostic::parsing(CODE, "`from` does not name one origin of rows")
                .label(value.span(), "")
                .help("write `{files: ..}`, `{command: [..]}`, `{connection: ..}` or `stdin`")
                .boxed());
        };
        match entry.key.as_str() {
            "files" => {
                let text = entry.value.expect_str("`files`")?;
                FilePattern::parse(text).map(|pattern| Self::Files(Box::new(pattern))).map_err(|problem| {
                    Diagnostic::parsing(CODE, problem)
                        .label(entry.value.span(), "")
                        .help("for example `landing/orders_*.csv` or `landing/orders_{date:%Y-%m-%d}.csv`")
                        .boxed()
                })
            }
            "command" => {
                let items = entry.value.expect_sequence("`command`")?;
                let words: Option<Vec<String>> = items.iter().map(Yaml::scalar_text).collect();
                words.filter(|words| words.first().is_some_and(|program| !program.is_empty())).map_or_else(
                    || {
                        Err(Diagnostic::parsing(CODE, "`command` is a list of a program and its arguments")
                            .label(entry.value.span(), "")
                            .help("for example `[aws, s3, cp, \"s3://bucket/orders.csv\", \"-\"]`")
                            .boxed())
                    },
                    |words| Ok(Self::Command(words)),
                )
            }
            _ => Err(unknown(value, &entry.key)),
        }
    }
}

fn unknown(value: &Yaml, word: &str) -> Box<Diagnostic> {
    Diagnostic::parsing(CODE, format!("`{word}` is not a valid origin of rows"))
        .label(value.span(), "")
        .help(did_you_mean(word, KINDS.iter().copied()).unwrap_or_else(|| {
            "write `{files: ..}`, `{command: [..]}`, `{connection: ..}` or `stdin`".to_owned()
        }))
        .boxed()
}
