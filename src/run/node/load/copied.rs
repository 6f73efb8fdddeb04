//! A table of another database enters the source table: rows and ledger in one transaction.

use serde_json::{Value as Json, json};

use super::super::{NodeRun, Worker};
use super::ledger::this;
use super::origin_session::OriginSession;
use super::origin_table::{MARK, Table};
use super::refused;
use super::totals::Totals;
use super::unchanged_files;
use crate::adapter::{quote_identifier, transfer};
use crate::config::load::{Load, LoadMode, Lookback, Missing, OriginTable};
use crate::context::objects::Relation;
use crate::diagnostic::{Diagnostic, Result};
use crate::jinja::Value;
use crate::jinja::python::{from_json, to_str};
use crate::manifest::SourceDefinition;

impl NodeRun<'_, '_> {
    pub(super) fn load_table(
        &self,
        worker: &mut Worker,
        source: &SourceDefinition,
        load: &Load,
        from: &OriginTable,
    ) -> Result<Totals> {
        let run = self.run;
        let context = self.load_context(worker, source);
        let relation = this(&context);
        if let Some(relation) = Relation::from_value(&relation) {
            worker.admit_writes(&relation)?;
        }
        let to = run.home_and_site(&source.unique_id).0;
        let at = run.inputs.shared.output_of(Some(&from.connection)).output;
        let home = worker.adapter_at(run, to);
        let site = OriginSession::new(run, at, &source.unique_id, &self.info)?;
        let table = Table::read(run, source, load, from, [(at, site.session()), (to, &home)])?;
        let spec = from_json(&spec(source, load, &table, run.inputs.options.loading.allow_deletes)?);
        let arguments = vec![relation.clone(), spec.clone()];
        let goes_in = self.call_load_macro(&context, "rsdbt_load_begin_table", arguments.clone())?.is_true();
        let low = self.call_load_macro(&context, "rsdbt_load_low_water", arguments.clone())?;
        let low = (!low.is_none()).then(|| to_str(&low));
        let query = table.query(source, low.as_deref());
        let name = to_str(&relation);
        let refused = |error| refused::copied_by_table(&table.shown(), &name, error);
        let into = into(if goes_in { &name } else { "pg_temp.rsdbt_staged" }, &table);
        let response = transfer(site.session(), &query, &home, &into, refused)?;
        let read = u64::try_from(response.rows_affected).unwrap_or(0);
        let is_empty = read == 0 && (low.is_none() || table.is_empty(site.session())?);
        unchanged_files::require(&table, site.session())?;
        // what the other database holds for a reader is let go before this one waits for anything
        drop(site);
        let mut applying = arguments;
        let none = || Value::from(());
        let copied = goes_in.then(|| Value::from(read));
        applying.extend([is_empty.into(), low.map_or_else(none, Value::from), copied.unwrap_or_else(none)]);
        let counts = self.call_load_macro(&context, "rsdbt_load_apply_table", applying).map_err(refused)?;
        let count = |at: usize| {
            counts.get_item_by_index(at).ok().and_then(|count| to_str(&count).parse().ok()).unwrap_or(0)
        };
        let (applied, deleted) = (count(0), count(1));
        if matches!(load.mode, LoadMode::Replace | LoadMode::ReplacePartition) && applied != read {
            return Err(lost_rows(&table, read.saturating_sub(applied)));
        }
        let totals = Totals {
            read,
            applied,
            unchanged: read.saturating_sub(applied),
            deleted,
            marks: load.copied.missing == Missing::Marked,
            ..Totals::default()
        };
        let files = vec![remembered(from, &table, &totals)];
        let arguments = vec![relation.clone(), from_json(&Json::Array(files)), spec];
        self.call_load_macro(&context, "rsdbt_load_remember", arguments)?;
        home.commit()?;
        if let Some(relation) = Relation::from_value(&relation) {
            worker.remember(&[relation]);
        }
        Ok(totals)
    }
}

fn into(relation: &str, table: &Table<'_>) -> String {
    let names: Vec<String> = table.columns.iter().map(|column| quote_identifier(&column.name)).collect();
    format!("copy {relation} ({}) from stdin (format binary)", names.join(", "))
}

/// What the ledger has of the last load.
fn remembered(from: &OriginTable, table: &Table<'_>, totals: &Totals) -> Json {
    json!({
        "file": format!("{} of connection {}", table.name, from.connection),
        "bytes": 0,
        "checksum": "",
        "modified": null,
        "read": totals.read,
        "applied": totals.applied,
        "rejected": 0,
        "duplicates": totals.unchanged,
    })
}

/// What the macros know of the load.
fn spec(source: &SourceDefinition, load: &Load, table: &Table<'_>, allow_deletes: bool) -> Result<Json> {
    let mut declared = serde_json::Map::new();
    let mut columns = Vec::new();
    for column in &table.columns {
        let data_type = column.declared.as_ref().unwrap_or(&column.arriving);
        let written = source.columns.values().find(|written| written.name == column.name);
        let constraints = written.map_or_else(|| json!([]), |written| json!(written.constraints));
        declared.insert(
            column.name.clone(),
            json!({"name": column.name, "data_type": data_type, "quote": true, "constraints": constraints}),
        );
        columns.push(json!({
            "name": column.name,
            "type": data_type,
            "arriving": column.arriving,
            "is_judged_by_server": false,
        }));
    }
    let cursor = match &load.copied.cursor {
        None => Json::Null,
        Some(cursor) => {
            let (lookback, is_time) = match &cursor.lookback {
                Lookback::Number(text) => (text, false),
                Lookback::Time(text) => (text, true),
            };
            json!({
                "column": cursor.column,
                "lookback": lookback,
                "is_time": is_time,
                "type": table.type_of_low()?,
                "granularity": load.copied.periods.granularity(),
                "time_zone": table.zone_of_periods()?,
            })
        }
    };
    let mark = (load.copied.missing == Missing::Marked).then_some(MARK);
    if let Some(mark) = mark {
        declared.insert(
            mark.to_owned(),
            json!({"name": mark, "data_type": "timestamp with time zone", "quote": true, "constraints": []}),
        );
    }
    Ok(json!({
        "columns": columns,
        "declared": declared,
        "unique_key": load.unique_key,
        "mode": load.mode.word(),
        "staged": true,
        "keeps_rejects": false,
        "allow_deletes": allow_deletes,
        "origin": table.shown(),
        "appends_columns": load.copied.appends_columns(),
        "cursor": cursor,
        "delete_missing": load.copied.missing != Missing::Kept,
        "mark": mark,
    }))
}

fn lost_rows(table: &Table<'_>, count: u64) -> Box<Diagnostic> {
    let message =
        format!("{}: the table did not take {count} of the rows; nothing was loaded", table.shown());
    Diagnostic::database("load-rows-lost", message)
        .help("a trigger or a rule of the table discards them")
        .boxed()
}
