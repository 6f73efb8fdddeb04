//! A table of another database: its columns, those of them that are loaded, and the query for its rows.

use super::super::super::state::Run;
use crate::adapter::{
    Begin, Fetch, Misfit, SiteColumn, WorkerSession, columns_of_query, misfits, quote_identifier,
    quote_literal,
};
use crate::config::load::{Load, Lookback, Missing, OriginTable};
use crate::diagnostic::{Diagnostic, Result, did_you_mean};
use crate::manifest::SourceDefinition;

/// When a load first missed the row.
pub(super) const MARK: &str = "rsdbt_deleted_at";

/// The table as the other database has it.
pub(super) struct Table<'t> {
    load: &'t Load,
    /// Names of the outputs.
    home: &'t str,
    site: &'t str,
    /// As SQL, without the database.
    pub(super) name: String,
    pub(super) columns: Vec<ColumnOfTable>,
}

/// A column that is loaded.
pub(super) struct ColumnOfTable {
    pub(super) name: String,
    /// As it comes.
    pub(super) arriving: String,
    /// As the source declares it.
    pub(super) declared: Option<String>,
}

impl<'t> Table<'t> {
    pub(super) fn read(
        run: &'t Run<'_>,
        source: &SourceDefinition,
        load: &'t Load,
        from: &OriginTable,
        [site, home]: [(usize, &WorkerSession); 2],
    ) -> Result<Self> {
        let schema = from.schema.as_ref().unwrap_or(&source.schema);
        let table = from.table.as_ref().unwrap_or(&source.identifier);
        let [at, to] = [site.0, home.0].map(|at| &run.outputs[at]);
        let is_itself = *schema == source.schema && *table == source.identifier;
        if is_itself && at.is_same_database(to) {
            return Err(from_itself(source, &from.connection));
        }
        let name = format!("{}.{}", quote_identifier(schema), quote_identifier(table));
        let all = columns_of_query(site.1, &format!("select * from {name}"))?;
        let mut this = Self { load, home: &to.name, site: &at.name, name, columns: Vec::new() };
        let chosen = this.chosen(source, all)?;
        let asked: Vec<String> = chosen.iter().map(|column| selected(source, &column.name)).collect();
        let arriving = columns_of_query(site.1, &format!("select {} from {}", asked.join(", "), this.name))?;
        let misfits = misfits(home.1, &arriving)?;
        if !misfits.is_empty() {
            return Err(this.unfit(&misfits));
        }
        this.columns = arriving
            .into_iter()
            .map(|column| {
                let declared = declared(source, &column.name).map(str::to_owned);
                ColumnOfTable { name: column.name, arriving: column.data_type, declared }
            })
            .collect();
        Ok(this)
    }

    /// `public.orders` of which output.
    pub(super) fn shown(&self) -> String {
        format!("{} in `{}`", self.name, self.site)
    }

    /// The rows from a value of the cursor on, and those that have none.
    pub(super) fn query(&self, source: &SourceDefinition, low: Option<&str>) -> String {
        let names: Vec<String> = self.columns.iter().map(|column| selected(source, &column.name)).collect();
        let query = format!("select {} from {} as loaded", names.join(", "), self.name);
        match (&self.load.copied.cursor, low) {
            (Some(cursor), Some(low)) => {
                let column = quote_identifier(&cursor.column);
                let low = format!("{}::{}", quote_literal(low), self.type_of_low().unwrap_or_default());
                format!(
                    "{query} where loaded.{column} operator(pg_catalog.>=) {low} or loaded.{column} is null"
                )
            }
            _ => query,
        }
    }

    /// In the snapshot of the session.
    pub(super) fn is_empty(&self, session: &WorkerSession) -> Result<bool> {
        let query = format!("select from {} limit 1", self.name);
        let (response, _) = session.execute(&query, Begin::Auto, Fetch::Nothing)?;
        Ok(response.rows_affected == 0)
    }

    /// The type of the cursor's values less the lookback: one with which an index of the other table is used.
    pub(super) fn type_of_low(&self) -> Result<&'static str> {
        let Some(cursor) = &self.load.copied.cursor else { return Ok("") };
        let column = self.columns.iter().find(|column| column.name == cursor.column);
        let arriving = column.map_or("", |column| column.arriving.as_str());
        let plain = arriving.split_once('(').map_or(arriving, |(name, _)| name);
        let low = match (plain, &cursor.lookback) {
            (_, Lookback::Time(_))
                if arriving.ends_with("with time zone") && arriving.starts_with("timestamp") =>
            {
                "pg_catalog.timestamptz"
            }
            ("date", Lookback::Time(_)) => "pg_catalog.timestamp",
            (_, Lookback::Time(_)) if arriving.starts_with("timestamp") => "pg_catalog.timestamp",
            ("smallint" | "integer" | "bigint", Lookback::Number(_)) => "pg_catalog.int8",
            ("numeric", Lookback::Number(_)) => "pg_catalog.numeric",
            _ => return Err(self.bad_cursor(arriving)),
        };
        Ok(low)
    }

    /// Periods of instants are those of a time zone; dates and timestamps without one have a calendar of their own.
    pub(super) fn zone_of_periods(&self) -> Result<Option<&str>> {
        let zone = self.load.copied.periods.time_zone.as_deref();
        if self.type_of_low()? == "pg_catalog.timestamptz" {
            return Ok(Some(zone.unwrap_or("UTC")));
        }
        if zone.is_none() {
            return Ok(None);
        }
        let column = self.load.copied.cursor.as_ref().map_or("", |cursor| cursor.column.as_str());
        let message = format!(
            "the cursor `{column}` of {} has no time zone, and the load sets `time_zone`",
            self.shown()
        );
        Err(Diagnostic::runtime("load-cursor", message)
            .help("remove `time_zone`: the periods are those that the values name")
            .boxed())
    }

    fn bad_cursor(&self, arriving: &str) -> Box<Diagnostic> {
        let cursor = self.load.copied.cursor.as_ref();
        let column = cursor.map_or("", |cursor| cursor.column.as_str());
        let message = format!("the cursor `{column}` of {} has the type {arriving}", self.shown());
        Diagnostic::runtime("load-cursor", message)
            .help(
                "a cursor is a date or timestamp with a `lookback` such as `2 hours`, or an integer or numeric column with a \
                 `lookback` that is a number",
            )
            .boxed()
    }

    fn chosen(&self, source: &SourceDefinition, mut all: Vec<SiteColumn>) -> Result<Vec<SiteColumn>> {
        let copied = &self.load.copied;
        let is_there = |name: &str| all.iter().any(|column| column.name == name);
        let known = || all.iter().map(|column| column.name.as_str());
        let named =
            copied.columns.iter().flatten().chain(&copied.except).map(|name| ("the load names", name));
        let declared = source.columns.values().map(|column| ("the source declares", &column.name));
        let keys = self.load.unique_key.iter().map(|name| ("`unique_key` names", name));
        let cursor = copied.cursor.iter().map(|cursor| ("`cursor` names", &cursor.column));
        let all_named = named.chain(keys).chain(cursor).chain(declared);
        if let Some((who, name)) = all_named.into_iter().find(|(_, name)| !is_there(name)) {
            let message = format!("{who} the column `{name}`, which {} does not have", self.shown());
            let help = did_you_mean(name, known()).unwrap_or_else(|| {
                "if the column was dropped there, remove it here, and from the loaded table once its values are not needed".to_owned()
            });
            return Err(Diagnostic::runtime("load-columns", message).help(help).boxed());
        }
        all.retain(|column| match &copied.columns {
            Some(names) => names.contains(&column.name),
            None => !copied.except.contains(&column.name),
        });
        if copied.missing == Missing::Marked && all.iter().any(|column| column.name == MARK) {
            let message =
                format!("{} has a column `{MARK}`, in which `delete_missing: soft` marks rows", self.shown());
            return Err(Diagnostic::runtime("load-columns", message)
                .help("leave it out with `except`, or set `delete_missing: hard`")
                .boxed());
        }
        if all.is_empty() {
            let message = format!("no column of {} is left to load", self.shown());
            return Err(Diagnostic::runtime("load-columns", message)
                .help("correct `columns` or `except`")
                .boxed());
        }
        let cursor = copied.cursor.as_ref().map(|cursor| &cursor.column);
        let left_out = |name: &&String| all.iter().all(|column| column.name != **name);
        let needed = self
            .load
            .unique_key
            .iter()
            .chain(cursor)
            .chain(source.columns.values().map(|column| &column.name));
        if let Some(name) = needed.into_iter().find(left_out) {
            let message = format!("the column `{name}` is needed, and the load leaves it out");
            return Err(Diagnostic::runtime("load-columns", message)
                .help("correct `columns` or `except`, `unique_key`, `cursor` or the declared columns")
                .boxed());
        }
        Ok(all)
    }

    fn unfit(&self, misfits: &[(SiteColumn, Misfit)]) -> Box<Diagnostic> {
        let why = |misfit: &Misfit| match misfit {
            Misfit::Missing => "which is missing",
            Misfit::Different => "which has other fields",
            Misfit::Reference => "the number of an object",
        };
        let columns: Vec<String> = misfits
            .iter()
            .map(|(column, misfit)| format!("`{}` ({}, {})", column.name, column.data_type, why(misfit)))
            .collect();
        let names: Vec<&str> = misfits.iter().map(|(column, _)| column.name.as_str()).collect();
        let message = format!(
            "columns of {} cannot be loaded into `{}`: {}",
            self.shown(),
            self.home,
            columns.join(", ")
        );
        Diagnostic::runtime("load-types", message)
            .help(format!(
                "declare {} with `data_type: text`, leave them out with `except`, or create the types in `{}`",
                names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
                self.home
            ))
            .boxed()
    }
}

fn declared<'s>(source: &'s SourceDefinition, name: &str) -> Option<&'s str> {
    let column = source.columns.values().find(|column| column.name == name)?;
    column.data_type.as_deref().filter(|data_type| !data_type.is_empty())
}

/// Every type has a text, which loses nothing; no other cast is made.
fn selected(source: &SourceDefinition, name: &str) -> String {
    let quoted = quote_identifier(name);
    if declared(source, name).is_some_and(|data_type| data_type.eq_ignore_ascii_case("text")) {
        format!("{quoted}::pg_catalog.text as {quoted}")
    } else {
        quoted
    }
}

fn from_itself(source: &SourceDefinition, connection: &str) -> Box<Diagnostic> {
    let name = format!("{}.{}", source.source_name, source.name);
    let message = format!(
        "the source table `{name}` is loaded from itself: the connection `{connection}` means its own database"
    );
    Diagnostic::runtime("load-from-itself", message)
        .help("set `schema` or `table` of `from`, or give the source another `schema`")
        .boxed()
}
