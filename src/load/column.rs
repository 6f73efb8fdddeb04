//! The declared columns of a table, and where each finds its value.

use super::judge::Judge;
use crate::config::load::{FileDate, Load, Shape};

/// A column as the properties declare it.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    pub name: String,
    /// Empty: text.
    pub data_type: String,
    pub is_required: bool,
}

/// A column that is loaded.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// Its name in the file.
    pub(super) header: String,
    pub(crate) data_type: String,
    pub(super) is_required: bool,
    pub(super) judge: Judge,
    pub(super) place: Place,
}

/// Where a column's value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Field(usize),
    /// The same for the whole file, as COPY reads it.
    Constant(String),
    /// The whole object of a line.
    Whole,
}

impl Column {
    /// Whether only the server can tell which values fit.
    pub(crate) fn is_judged_by_server(&self) -> bool {
        self.judge.is_servers()
    }
}

/// The declared columns with what the config says about them. An error names the column's key in the config, if it is one.
pub(super) fn columns(
    declared: &[Declared],
    load: &Load,
) -> Result<Vec<Column>, (Option<&'static str>, String)> {
    for (key, names) in [("formats", &load.formats), ("headers", &load.headers)] {
        if let Some(name) = names.keys().find(|name| declared.iter().all(|column| column.name != **name)) {
            return Err((Some(key), format!("`{key}` names the column `{name}`, which is not declared")));
        }
    }
    if let Some(name) =
        load.unique_key.iter().find(|name| declared.iter().all(|column| column.name != **name))
    {
        return Err((
            Some("unique_key"),
            format!("`unique_key` names the column `{name}`, which is not declared"),
        ));
    }
    let is_json = load.shape == Shape::JsonLines;
    declared
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let format = load.formats.get(&column.name).map(String::as_str);
            let judge = Judge::of(&column.data_type, format).map_err(|problem| {
                (format.map(|_| "formats"), format!("column `{}`: {problem}", column.name))
            })?;
            let is_payload = is_json && column.name == "payload" && judge.is_json();
            Ok(Column {
                name: column.name.clone(),
                header: load.headers.get(&column.name).unwrap_or(&column.name).clone(),
                data_type: if column.data_type.is_empty() {
                    "text".to_owned()
                } else {
                    column.data_type.clone()
                },
                is_required: column.is_required || load.unique_key.contains(&column.name),
                judge,
                place: if is_payload { Place::Whole } else { Place::Field(at) },
            })
        })
        .collect()
}

/// The columns for one file: those that its name tells are constants, unless the file has them itself.
pub(super) fn with_dates(
    columns: &[Column],
    dates: &[FileDate],
    in_file: impl Fn(&str) -> bool,
) -> Vec<Column> {
    let mut columns = columns.to_vec();
    for column in &mut columns {
        let date = dates.iter().find(|date| date.name == column.name);
        if let Some(date) = date.filter(|_| !in_file(&column.header)) {
            column.place = Place::Constant(date.to_string());
        }
    }
    columns
}
