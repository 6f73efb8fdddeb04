//! The first line of a CSV file: which of its values a column takes.

use super::column::LoadColumn;
use super::lines::Places;
use crate::diagnostic::{Diagnostic, Result, did_you_mean};

/// By position, where there is no header.
pub(super) fn by_position(columns: &[LoadColumn]) -> Places {
    Places { of_columns: (0..columns.len()).collect(), fields: columns.len() }
}

/// By name.
pub(super) fn places(
    names: &[String],
    columns: &[LoadColumn],
    ignores_others: bool,
    file: &str,
) -> Result<Places> {
    let wrong = |code: &'static str, message: String| Diagnostic::runtime(code, message);
    for (index, name) in names.iter().enumerate() {
        if names[..index].contains(name) {
            return Err(wrong("load-header", format!("the header of `{file}` names `{name}` twice")).boxed());
        }
        let is_known = columns.iter().any(|column| column.field == *name);
        if !is_known && !ignores_others {
            let help = "declare it in `load.columns`, or set `from: {other_columns: ignore}`";
            let message =
                format!("the header of `{file}` names `{name}`, which is not among the columns of the table");
            return Err(wrong("load-header", message).help(help).boxed());
        }
    }
    let place = |column: &LoadColumn| {
        names.iter().position(|name| *name == column.field).ok_or_else(|| {
            let message = format!("the header of `{file}` does not name `{}`", column.field);
            let help = match did_you_mean(&column.field, names.iter().map(String::as_str)) {
                Some(meant) => format!("{meant} (set `from` of the column)"),
                None => format!("it names: {}", names.join(", ")),
            };
            wrong("load-header", message).help(help).boxed()
        })
    };
    let of_columns = columns.iter().map(place).collect::<Result<_>>()?;
    Ok(Places { of_columns, fields: names.len() })
}
