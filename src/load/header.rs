//! The header of a CSV file: where each column has its fields.

use super::column::{Column, Place};
use crate::config::load::UnknownColumns;
use crate::diagnostic::{Diagnostic, Result};

/// Each column with its place in the file, but those that the name of the file tells.
pub(super) fn places(
    mut columns: Vec<Column>,
    names: &[String],
    unknown: UnknownColumns,
    shown: &str,
) -> Result<Vec<Column>> {
    if let Some(twice) =
        names.iter().enumerate().find_map(|(at, name)| names[..at].contains(name).then_some(name))
    {
        return Err(mismatch(shown, &format!("the column `{twice}` stands twice in the header")).boxed());
    }
    let mut missing = Vec::new();
    for column in &mut columns {
        if let Place::Constant(_) = column.place {
            continue;
        }
        match names.iter().position(|name| *name == column.header) {
            Some(at) => column.place = Place::Field(at),
            None => missing.push(column.header.clone()),
        }
    }
    let is_unknown = |name: &&String| columns.iter().all(|column| column.header != **name);
    let others: Vec<String> = names.iter().filter(is_unknown).cloned().collect();
    let mut problems = Vec::new();
    if !missing.is_empty() {
        problems.push(format!("it lacks {}", quoted(&missing)));
    }
    if !others.is_empty() && unknown == UnknownColumns::Refused {
        problems.push(format!("{} not declared", are(&others)));
    }
    if problems.is_empty() {
        return Ok(columns);
    }
    let problem = format!("the header does not match the declared columns: {}", problems.join("; "));
    let error = mismatch(shown, &problem);
    let help = if names.iter().any(|name| name.contains('\r')) {
        Some("its lines end with CR alone; write them with LF or CR LF".to_owned())
    } else {
        other_spelling(&missing, &others)
    };
    Err(error.maybe_help(help).boxed())
}

pub(super) fn missing(shown: &str) -> Box<Diagnostic> {
    Diagnostic::runtime(
        "load-header",
        format!("{shown}: empty where a header was expected; nothing was loaded"),
    )
    .help("write the header even if no rows follow, or set `header: false` if the file has none")
    .boxed()
}

pub(super) fn not_decoded(shown: &str, encoding: &str) -> Box<Diagnostic> {
    Diagnostic::runtime(
        "load-header",
        format!("{shown}: the header is not valid {encoding}; nothing of it was loaded"),
    )
    .help("set `encoding` to the encoding of the file")
    .boxed()
}

fn mismatch(shown: &str, problem: &str) -> Diagnostic {
    Diagnostic::runtime("load-header", format!("{shown}: {problem}; nothing of it was loaded"))
        .help("declare the columns of the file, map other names by `headers`, or set `unknown_columns: ignore`, `header: false` or another `delimiter`")
}

/// A column that the file has in other letters.
fn other_spelling(missing: &[String], others: &[String]) -> Option<String> {
    missing.iter().find_map(|name| {
        let other = others.iter().find(|other| other.to_lowercase() == name.to_lowercase())?;
        Some(format!("upper and lower case differ: set `headers: {{{name}: {other}}}`"))
    })
}

fn are(names: &[String]) -> String {
    format!("{} {}", quoted(names), if names.len() == 1 { "is" } else { "are" })
}

/// The first few names.
fn quoted(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let readable = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    let shown = |name: &String| format!("`{}`", name.chars().map(readable).collect::<String>());
    let mut text = names.iter().take(SHOWN).map(shown).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}
