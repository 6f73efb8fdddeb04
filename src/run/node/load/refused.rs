//! Rows that the table refuses, named as the user knows them: by file and line.

use super::unit::Source;
use crate::diagnostic::Diagnostic;
use crate::load::{Feed, LoadedTable};

const CONTEXT: &str = "\nCONTEXT:  COPY ";

/// Of COPY, which counts the lines that it is sent: not the header, and no rejected lines.
pub(super) fn by_copy(
    table: &LoadedTable,
    relation: &str,
    source: &Source,
    mut error: Box<Diagnostic>,
) -> Box<Diagnostic> {
    let Some(at) = error.message.find(CONTEXT).filter(|_| is_of_rows(&error)) else { return error };
    let Some(row) = row(&error.message[at + CONTEXT.len()..]) else { return error };
    error.message.truncate(at);
    let place = match line(table, source, row) {
        Some(line) => format!("{}:{line}", source.shown),
        None => format!("{}, line {row} without the header and rejected lines", source.shown),
    };
    named(&place, relation, *error)
}

/// Of the statement that moves staged rows of files into the table.
pub(super) fn by_table(shown: &str, relation: &str, error: Box<Diagnostic>) -> Box<Diagnostic> {
    if is_of_rows(&error) { named(shown, relation, *error) } else { error }
}

/// The same for rows of another database.
pub(super) fn copied_by_table(shown: &str, relation: &str, error: Box<Diagnostic>) -> Box<Diagnostic> {
    if !is_of_rows(&error) {
        return error;
    }
    // of COPY, which names its own place in what it is sent
    let reason = error.message.split(CONTEXT).next().unwrap_or_default();
    let message = format!("{shown}: {relation} refused a row; nothing was loaded\n{reason}");
    let help = if error.server.as_ref().is_some_and(|server| server.sqlstate == "23505") {
        "where a unique value passes from one row to another, give the table a constraint that is `deferrable initially deferred`; else correct the rows there"
    } else {
        "correct the rows there, or the table here"
    };
    Diagnostic { message: message.replace('\n', "\n  "), ..*error }.help(help).boxed()
}

fn named(place: &str, relation: &str, error: Diagnostic) -> Box<Diagnostic> {
    let message =
        format!("{place}: {relation} refused a row; nothing of the file was loaded\n{}", error.message)
            .replace('\n', "\n  ");
    Diagnostic { message, ..error }
        .help("correct the file or the table; `rejects` takes only lines that do not fit the declared types and NOT NULL")
        .boxed()
}

/// Constraints, partitions, triggers and values; not what another attempt may cure.
fn is_of_rows(error: &Diagnostic) -> bool {
    let state = error.server.as_ref().map_or("", |server| server.sqlstate.as_str());
    ["22", "23", "P0"].iter().any(|class| state.starts_with(class))
}

/// `t, line 3: "x"`.
fn row(context: &str) -> Option<u64> {
    let (_, rest) = context.lines().next()?.rsplit_once(", line ")?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// Reads the file once more.
fn line(table: &LoadedTable, source: &Source, row: u64) -> Option<u64> {
    if !source.is_file() {
        return None;
    }
    let load = &table.load;
    let input = source.open(load).ok()?;
    Feed::new(input, &source.shown, &table.columns, &source.dates, load, table.leads()).line_of(row)
}
