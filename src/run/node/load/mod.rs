//! A source table that is filled from files, a command, standard input or another database: which inputs are due, and each of them
//! in a transaction of its own.

mod copied;
mod ledger;
mod origin_session;
mod origin_table;
mod passed_over;
mod pending;
mod read_only;
mod refused;
mod shared_snapshot;
mod totals;
mod transaction;
mod unchanged_files;
mod unit;

use super::{Executed, NodeRun, Worker};
use crate::adapter::{Response, other_database};
use crate::config::load::{Deadline, FilePattern, Origin};
use crate::diagnostic::{Diagnostic, Result};
use crate::load::{self, FoundFiles, LoadedTable};
use crate::manifest::SourceDefinition;

use ledger::LoadLedger;
use totals::Totals;
use unit::Unit;

impl NodeRun<'_, '_> {
    pub(super) fn load(&mut self, worker: &mut Worker, source: &SourceDefinition) -> Result<Executed> {
        let home = self.run.home_and_site(&source.unique_id).0;
        let own = &self.run.outputs[home].adapter_settings.database;
        if let Some(other) = source.database.as_deref().filter(|other| !other.eq_ignore_ascii_case(own)) {
            return Err(other_database(other, own).boxed());
        }
        let mut watch = std::mem::replace(&mut self.watch, super::Watch::start());
        let table = watch.phase("compile", || LoadedTable::of_manifest(source))?;
        self.executing();
        let totals = watch.phase("execute", || self.load_all(worker, source, &table));
        self.watch = watch;
        self.run.end_load(&source.unique_id);
        let totals = totals?;
        let response = Response {
            message: totals.message(),
            code: "LOAD".to_owned(),
            rows_affected: totals.applied.cast_signed(),
            counts: totals.counts(),
        };
        Ok(Executed::of_response(&response))
    }

    fn load_all(
        &mut self,
        worker: &mut Worker,
        source: &SourceDefinition,
        table: &LoadedTable,
    ) -> Result<Totals> {
        let mut totals = Totals::default();
        match &table.load.origin {
            Origin::Files(pattern) => {
                let ledger = self.with_retries(worker, |this, worker| this.ledger(worker, source))?;
                let found = self.found_files(pattern)?;
                if found.files.is_empty() {
                    self.warn_of_no_files(source, &pattern.text)?;
                }
                totals.passed_over = self.warn_of_passed_over(source, pattern, found.passed_over)?;
                let units = pending::units(found.files, &ledger, table.load.mode)?;
                totals.known = units.known;
                totals.gone = units.gone.len() as u64;
                self.note_gone(&units.gone);
                self.warn_of_late(source, &units.late)?;
                for unit in units.due {
                    let unit = Unit::of_files(unit);
                    let loaded = self
                        .with_retries(worker, |this, worker| this.load_unit(worker, source, table, &unit))?;
                    self.note_unit(&unit, &loaded);
                    totals.add(&loaded);
                }
                self.check_deadline(source, table.load.deadline, &ledger, &totals)?;
            }
            Origin::Connection(from) => {
                totals.add(&self.with_retries(worker, |this, worker| {
                    this.load_table(worker, source, &table.load, from)
                })?);
                totals.is_of_table = true;
            }
            // what has been printed or typed cannot be read twice: nothing is tried again
            Origin::Command(words) => {
                let unit = Unit::of_command(words, &self.run.inputs.shared.project.root);
                totals.add(&self.load_unit(worker, source, table, &unit)?);
            }
            Origin::Stdin => totals.add(&self.load_unit(worker, source, table, &Unit::of_stdin())?),
        }
        Ok(totals)
    }

    /// Those that the command line names, or those of the pattern.
    fn found_files(&self, pattern: &FilePattern) -> Result<FoundFiles> {
        let root = &self.run.inputs.shared.project.root;
        match self.run.inputs.options.loading.files.as_slice() {
            [] => load::find(root, pattern),
            given => load::named(root, given, pattern),
        }
    }

    fn warn_of_no_files(&self, source: &SourceDefinition, pattern: &str) -> Result<()> {
        let message = format!(
            "no file matches `{pattern}`, from which {}.{} is loaded",
            source.source_name, source.name
        );
        let warning = Diagnostic::warning("NoFilesToLoad", message)
            .help("the pattern is relative to the project's folder; `*` matches within one folder, `**/` any folders");
        self.run.emitter.warn_for(Some(&self.info), warning)
    }

    fn note_gone(&self, gone: &[String]) {
        if !gone.is_empty() {
            let event = super::Event::Note { msg: format!("gone since the last load: {}", gone.join(", ")) };
            self.run.emitter.emit_at(super::super::event::Level::Debug, Some(&self.info), event);
        }
    }

    fn check_deadline(
        &self,
        source: &SourceDefinition,
        deadline: Option<Deadline>,
        ledger: &LoadLedger,
        totals: &Totals,
    ) -> Result<()> {
        let Some(deadline) = deadline else { return Ok(()) };
        let now = jiff::Zoned::now();
        let midnight = now.start_of_day().map(|day| day.timestamp()).unwrap_or_default();
        let is_there = totals.files > 0 || ledger.last_load().is_some_and(|last| last >= midnight);
        if is_there || now.time() < deadline.by {
            return Ok(());
        }
        let message = format!(
            "nothing was loaded into {}.{} today, and it is expected by {}",
            source.source_name,
            source.name,
            deadline.by.strftime("%H:%M")
        );
        if deadline.is_error {
            return Err(Diagnostic::runtime("load-not-on-time", message).boxed());
        }
        self.run.emitter.warn_for(Some(&self.info), Diagnostic::warning("LoadNotOnTime", message))
    }

    fn note_unit(&self, unit: &Unit, loaded: &Totals) {
        let event = super::Event::Note { msg: format!("{}: {}", unit.shown(), loaded.message()) };
        self.run.emitter.emit_at(super::super::event::Level::Debug, Some(&self.info), event);
    }
}
