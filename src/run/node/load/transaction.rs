//! Inputs that enter the table together: rows, rejects and the ledger in one transaction.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::super::{NodeRun, Worker};
use super::ledger::this;
use super::refused;
use super::totals::Totals;
use super::unit::{Source, Unit};
use crate::adapter::{Begin, Fetch, Response, WorkerSession, quote_identifier};
use crate::config::load::{LoadMode, MostRejects, Origin};
use crate::context::objects::Relation;
use crate::context::runtime::NodeContext;
use crate::diagnostic::{Diagnostic, Result};
use crate::jinja::Value;
use crate::jinja::python::{from_json, to_str};
use crate::load::{Column, Counts, Feed, Leads, LoadedTable};
use crate::manifest::SourceDefinition;

/// What the transaction works with.
struct Target<'t> {
    table: &'t LoadedTable,
    session: Arc<WorkerSession>,
    context: Arc<NodeContext>,
    spec: Value,
    rejects: Value,
    /// As SQL.
    relation: String,
    /// What COPY writes, with its columns, as SQL.
    into: String,
}

impl NodeRun<'_, '_> {
    pub(super) fn load_unit(
        &self,
        worker: &mut Worker,
        source: &SourceDefinition,
        table: &LoadedTable,
        unit: &Unit,
    ) -> Result<Totals> {
        let context = self.load_context(worker, source);
        let relation = this(&context);
        if let Some(relation) = Relation::from_value(&relation) {
            worker.admit_writes(&relation)?;
        }
        let spec = from_json(&spec(source, table, self.run.inputs.options.loading.allow_deletes));
        let begin = vec![relation.clone(), spec.clone()];
        let rejects = self.call_load_macro(&context, "rsdbt_load_begin", begin)?;
        let name = to_str(&relation);
        let into = into(table, &name);
        let session = worker.adapter_at(self.run, self.run.home_and_site(&source.unique_id).0);
        let target = Target { table, session, context, spec, rejects, relation: name, into };
        let mut totals = Totals { files: unit.sources().len() as u64, ..Totals::default() };
        let mut remembered = Vec::new();
        for (at, source) in unit.sources().iter().enumerate() {
            target.number_file(at)?;
            let (counts, rejected, provenance) = self.copy_source(&target, source, at)?;
            totals.read += counts.read;
            totals.rejected += rejected;
            totals.applied += counts.read - rejected;
            remembered.push((source, counts.read, rejected, provenance));
        }
        if totals.read == 0 && unit.sources().iter().any(Source::is_stdin) && self.is_retried() {
            return Err(nothing_arrived(source));
        }
        if table.is_staged() {
            let staged = totals.applied;
            let arguments = vec![relation.clone(), target.spec.clone()];
            let applied = self
                .call_load_macro(&target.context, "rsdbt_load_apply", arguments)
                .map_err(|error| refused::by_table(&unit.shown(), &target.relation, error))?;
            totals.applied = to_str(&applied).parse().unwrap_or(0);
            totals.duplicates = staged.saturating_sub(totals.applied);
        } else {
            let arguments = vec![relation.clone(), target.spec.clone(), totals.applied.into()];
            self.call_load_macro(&target.context, "rsdbt_load_check_copied", arguments)?;
        }
        let mut files = Vec::new();
        for (place, (source, read, rejected, provenance)) in remembered.into_iter().enumerate() {
            let is_first = place == 0;
            files.push(json!({
                "file": source.ledger_name(self.run.inputs.invocation.started_at),
                "bytes": provenance.bytes,
                "checksum": provenance.checksum,
                "modified": provenance.modified.map(|at| at.to_string()),
                "read": read,
                "applied": if is_first { totals.applied } else { 0 },
                "rejected": rejected,
                "duplicates": if is_first { totals.duplicates } else { 0 },
            }));
        }
        let arguments = vec![relation.clone(), from_json(&Json::Array(files)), target.spec.clone()];
        self.call_load_macro(&target.context, "rsdbt_load_remember", arguments)?;
        if let Some(mark) = self.run.inputs.options.terms.load_marks.get(&source.unique_id) {
            target.session.execute(mark, Begin::No, Fetch::Nothing)?;
        }
        target.session.commit()?;
        if let Some(relation) = Relation::from_value(&relation) {
            worker.remember(&[relation]);
        }
        Ok(totals)
    }

    fn is_retried(&self) -> bool {
        self.run.inputs.previous.started_at.is_some()
    }

    /// Streams one input; its counts, its rejects, and what was read.
    fn copy_source(
        &self,
        target: &Target<'_>,
        source: &Source,
        at: usize,
    ) -> Result<(Counts, u64, crate::load::Provenance)> {
        let load = &target.table.load;
        let input = source.open(load)?;
        let mut feed =
            Feed::new(input, &source.shown, &target.table.columns, &source.dates, load, target.table.leads());
        let response = target
            .copy(&target.into, &mut |piece| feed.fill(piece))
            .map_err(|error| refused::by_copy(target.table, &target.relation, source, error))?;
        let counts = feed.counts();
        let arrived = u64::try_from(response.rows_affected).unwrap_or(0);
        if arrived != counts.sent {
            return Err(lost_rows(&source.shown, counts.sent - arrived.min(counts.sent)));
        }
        for column in target.table.columns.iter().filter(|column| column.is_judged_by_server()) {
            let arguments = vec![
                target.spec.clone(),
                from_json(&described(column)),
                target.rejects.clone(),
                Value::from(source.shown.as_str()),
                at.into(),
            ];
            let rows = self.call_load_macro(&target.context, "rsdbt_load_judge", arguments)?;
            for row in rows.try_iter().into_iter().flatten() {
                let text =
                    |at: usize| row.get_item_by_index(at).map(|value| to_str(&value)).unwrap_or_default();
                let number = |at: usize| text(at).parse().unwrap_or(0);
                feed.rejects.note_of_server(number(0), number(1), &column.name, &text(2));
            }
        }
        let rejected = feed.rejects.count();
        feed.rejects.judge(counts.read)?;
        if feed.rejects.has_lines() {
            let sql = format!("{} (file, line, raw, column_name, reason)", to_str(&target.rejects));
            feed.rejects.rewind()?;
            target.copy(&sql, &mut |piece| feed.rejects.fill(piece))?;
        }
        let provenance = feed.provenance().cloned().ok_or_else(|| lost_rows(&source.shown, 0))?;
        Ok((counts, rejected, provenance))
    }
}

impl Target<'_> {
    /// Of several files, the staged rows of the later ones count as later.
    fn number_file(&self, at: usize) -> Result<()> {
        if at > 0 && self.table.is_staged() {
            let sql = format!("alter table pg_temp.rsdbt_staged alter column rsdbt_file set default {at}");
            self.session.execute(&sql, Begin::Auto, Fetch::Nothing)?;
        }
        Ok(())
    }

    fn copy(&self, into: &str, fill: &mut dyn FnMut(&mut Vec<u8>) -> Result<bool>) -> Result<Response> {
        let sql = format!("copy {into} from stdin");
        self.session.watched(&sql, |connection| connection.copy_in(&sql, Begin::Auto, fill), Clone::clone)
    }
}

/// Where COPY writes.
fn into(table: &LoadedTable, relation: &str) -> String {
    let mut names: Vec<String> = table.columns.iter().map(|column| quote_identifier(&column.name)).collect();
    if !table.is_staged() {
        return format!("{relation} ({})", names.join(", "));
    }
    let text = (table.leads() == Leads::LineAndText).then(|| "rsdbt_text".to_owned());
    names.splice(0..0, std::iter::once("rsdbt_line".to_owned()).chain(text));
    format!("pg_temp.rsdbt_staged ({})", names.join(", "))
}

fn described(column: &Column) -> Json {
    json!({
        "name": column.name,
        "type": column.data_type,
        "is_judged_by_server": column.is_judged_by_server(),
    })
}

/// What the macros know of the load.
fn spec(source: &SourceDefinition, table: &LoadedTable, allow_deletes: bool) -> Json {
    let mut declared = serde_json::Map::new();
    for (column, kept) in source.columns.values().zip(&table.columns) {
        declared.insert(
            column.name.clone(),
            json!({
                "name": column.name,
                "data_type": kept.data_type,
                "quote": true,
                "constraints": column.constraints,
            }),
        );
    }
    json!({
        "columns": table.columns.iter().map(described).collect::<Vec<_>>(),
        "declared": declared,
        "unique_key": table.load.unique_key,
        "mode": table.load.mode.word(),
        "staged": table.is_staged(),
        "keeps_lines": table.leads() == Leads::LineAndText,
        "keeps_rejects": table.load.most_rejects != MostRejects::Lines(0),
        "allow_deletes": allow_deletes,
        // of files, each is loaded once; nothing else would tell a row that comes again
        "relies_on_record": matches!(table.load.origin, Origin::Files(_)) && table.load.mode == LoadMode::Append && table.load.unique_key.is_empty(),
    })
}

/// What the run before read from standard input is gone.
fn nothing_arrived(source: &SourceDefinition) -> Box<Diagnostic> {
    let name = format!("{}.{}", source.source_name, source.name);
    Diagnostic::runtime(
        "load-selection",
        format!("standard input has no rows for {name}; nothing was loaded"),
    )
    .help(format!("give it the rows again, as in `rsdbt load {name} < rows`"))
    .boxed()
}

/// A trigger or a rule has let rows go.
fn lost_rows(shown: &str, count: u64) -> Box<Diagnostic> {
    Diagnostic::database(
        "load-rows-lost",
        format!("{shown}: the table did not take {count} of the rows; nothing was loaded"),
    )
    .help("a trigger or a rule of the table discards them")
    .boxed()
}
