//! What applies only to tables that are loaded from another database, and what does not apply to them.

use super::choices::{CODE, DELETE_MISSING, GRANULARITIES, LoadMode, Missing, SCHEMA_CHANGES, SchemaChange};
use super::keys;
use crate::config::{Fields, Yaml, strict};
use crate::diagnostic::{Diagnostic, Result};

const UNITS: &[&str] = &["second", "minute", "hour", "day", "week", "month", "year"];

/// Which rows and columns come from the other database.
#[derive(Debug, Clone, Default)]
pub(crate) struct Copied {
    /// Without them, all.
    pub columns: Option<Vec<String>>,
    pub except: Vec<String>,
    /// Rows that the table does not have yet are at the upper end of this column.
    pub cursor: Option<Cursor>,
    pub periods: Periods,
    pub on_schema_change: Option<SchemaChange>,
    pub missing: Missing,
}

/// Those that `replace_partition` replaces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Periods {
    granularity: Option<String>,
    /// Of a cursor that is an instant.
    pub time_zone: Option<String>,
}

impl Periods {
    pub(crate) fn granularity(&self) -> &str {
        self.granularity.as_deref().unwrap_or("day")
    }
}

/// A column that grows, and how far below its highest value rows are read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub column: String,
    pub lookback: Lookback,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lookback {
    Number(String),
    /// As an interval of the server.
    Time(String),
}

impl Copied {
    pub(super) fn read(fields: &Fields<'_>) -> Result<Self> {
        let columns = fields.strings("columns")?;
        let except = fields.strings("except")?;
        if let (Some(_), Some(_), Some(place)) = (&columns, &except, fields.get("except")) {
            return Err(Diagnostic::parsing(CODE, "`columns` and `except` exclude each other")
                .label(place.span(), "")
                .help("name the columns to load, or those to leave out")
                .boxed());
        }
        let lookback = fields.get("lookback").map(Lookback::read).transpose()?;
        // one of the two may stand in the other place where a load is configured
        let cursor =
            fields.string("cursor")?.zip(lookback).map(|(column, lookback)| Cursor { column, lookback });
        let on_schema_change = strict::choice(CODE, fields, "on_schema_change", SCHEMA_CHANGES)?;
        let missing = strict::choice(CODE, fields, "delete_missing", DELETE_MISSING)?;
        let zone = strict::time_zone(CODE, fields, "time_zone")?;
        let periods = Periods {
            granularity: strict::choice(CODE, fields, "granularity", GRANULARITIES)?,
            time_zone: zone.and_then(|zone| zone.iana_name().map(str::to_owned)),
        };
        Ok(Self {
            columns,
            except: except.unwrap_or_default(),
            cursor,
            periods,
            on_schema_change: on_schema_change.map(|word| match word.as_str() {
                "fail" => SchemaChange::Refused,
                _ => SchemaChange::Appended,
            }),
            missing: missing.map_or(Missing::Kept, |word| match word.as_str() {
                "soft" => Missing::Marked,
                "hard" => Missing::Deleted,
                _ => Missing::Kept,
            }),
        })
    }

    /// A column without values for the rows that were loaded before would look as if it had none.
    pub(crate) fn appends_columns(&self) -> bool {
        match self.on_schema_change {
            Some(change) => change == SchemaChange::Appended,
            None => self.cursor.is_none(),
        }
    }
}

impl Lookback {
    fn read(value: &Yaml) -> Result<Self> {
        let text = value.scalar_text().unwrap_or_default();
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, "0"));
        if is_number(whole) && is_number(fraction) {
            return Ok(Self::Number(text));
        }
        let is_time = text.split_once(' ').is_some_and(|(count, unit)| {
            is_number(count) && UNITS.contains(&unit.strip_suffix('s').unwrap_or(unit))
        });
        if is_time {
            return Ok(Self::Time(text));
        }
        Err(Diagnostic::parsing(CODE, format!("`{text}` is not a valid lookback"))
            .label(value.span(), "")
            .help("write an interval such as `2 hours` or `3 days`, or for a cursor that is a number the number to go back")
            .boxed())
    }
}

/// The config as it was merged: what a mode needs, and what does not belong together.
pub(super) fn check(fields: &Fields<'_>, is_copied: bool, mode: LoadMode, has_key: bool) -> Result<()> {
    let (unfit, only) = if is_copied {
        (keys::OF_FILES, "applies only to loads from files, commands and standard input")
    } else {
        (keys::OF_CONNECTIONS, "applies only to loads from a connection")
    };
    if let Some((key, value)) = unfit.iter().find_map(|key| Some((key, fields.get(key)?))) {
        return Err(Diagnostic::parsing(CODE, format!("`{key}` {only}"))
            .label(value.span(), "")
            .help(format!("remove `{key}`"))
            .boxed());
    }
    if !is_copied {
        return mode_of_connections(fields, mode);
    }
    let has = |key: &str| fields.get(key).is_some();
    let needed = match mode {
        LoadMode::Append => &["unique_key", "cursor", "lookback"][..],
        LoadMode::Upsert if has("cursor") || has("lookback") => &["unique_key", "cursor", "lookback"],
        LoadMode::Upsert => &["unique_key"],
        LoadMode::ReplacePartition => &["cursor", "lookback"],
        LoadMode::Replace => &[],
    };
    if let Some(key) = needed.iter().find(|key| !has(key) || (**key == "unique_key" && !has_key)) {
        return Err(strict::missing(CODE, fields, key));
    }
    let narrowing = ["cursor", "lookback"].into_iter().find_map(|key| Some((key, fields.get(key)?)));
    if let (LoadMode::Replace, Some((key, value))) = (mode, narrowing) {
        return Err(Diagnostic::parsing(
            CODE,
            format!("`{key}` does not apply to `mode: replace`, which reads all rows"),
        )
        .label(value.span(), "")
        .help(format!("remove `{key}`, or set `mode: upsert`, `append` or `replace_partition`"))
        .boxed());
    }
    check_periods(fields, mode)?;
    check_missing(fields, mode)
}

fn mode_of_connections(fields: &Fields<'_>, mode: LoadMode) -> Result<()> {
    let Some(value) = fields.get("mode").filter(|_| mode == LoadMode::ReplacePartition) else {
        return Ok(());
    };
    Err(Diagnostic::parsing(CODE, "`mode: replace_partition` applies only to loads from a connection")
        .label(value.span(), "")
        .help("for files with a date in their name, `mode: upsert` with a `unique_key` takes what is new")
        .boxed())
}

fn check_periods(fields: &Fields<'_>, mode: LoadMode) -> Result<()> {
    let given = ["granularity", "time_zone"].into_iter().find_map(|key| Some((key, fields.get(key)?)));
    let problem = match (mode, given) {
        (LoadMode::ReplacePartition, _) => {
            let Some(value) = fields.get("lookback") else { return Ok(()) };
            if matches!(Lookback::read(value)?, Lookback::Time(_)) {
                return Ok(());
            }
            return Err(Diagnostic::parsing(
                CODE,
                "`mode: replace_partition` needs a lookback that is a time",
            )
            .label(value.span(), "")
            .help("write an interval such as `3 days`")
            .boxed());
        }
        (_, None) => return Ok(()),
        (_, Some((key, value))) => {
            Diagnostic::parsing(CODE, format!("`{key}` applies only to `mode: replace_partition`"))
                .label(value.span(), "")
                .help(format!("remove `{key}`"))
        }
    };
    Err(problem.boxed())
}

/// What is missing is seen only where all rows are read.
fn check_missing(fields: &Fields<'_>, mode: LoadMode) -> Result<()> {
    let Some(value) = fields.get("delete_missing").filter(|value| value.as_str() != Some("ignore")) else {
        return Ok(());
    };
    let problem = match mode {
        LoadMode::Replace => "`delete_missing` does not apply to `mode: replace`, which keeps no other rows",
        LoadMode::Append => "`delete_missing` applies only to `mode: upsert`",
        LoadMode::ReplacePartition => {
            "`delete_missing` does not apply to `mode: replace_partition`: of the periods that it replaces, no other rows stay"
        }
        LoadMode::Upsert if fields.get("cursor").is_some() => {
            "`delete_missing` needs all rows of the table, and with a `cursor` only the newest are read"
        }
        LoadMode::Upsert => return Ok(()),
    };
    let help = if mode == LoadMode::Upsert {
        "remove `cursor` and `lookback`, or set `delete_missing: ignore`"
    } else {
        "remove `delete_missing`"
    };
    Err(Diagnostic::parsing(CODE, problem).label(value.span(), "").help(help).boxed())
}
