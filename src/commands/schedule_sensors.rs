//! Looks at what jobs wait for: a file of the interval, or the newest row of a source.

use std::sync::Arc;

use jiff::Timestamp;

use super::connect::Connect;
use super::running;
use super::session::{ParsedProject, Session};
use crate::config::jobs::{LooksAt, Sensor};
use crate::diagnostic::Result;
use crate::run::{self, Command, Emitter};
use crate::schedule::Task;

pub(super) struct Sensors<'s, 'a> {
    pub(super) session: &'s Session<'a>,
    pub(super) parsed: &'s ParsedProject,
    pub(super) connect: &'s Connect,
}

impl Sensors<'_, '_> {
    /// Whether it is there for an interval.
    pub(super) fn is_met(&self, task: &Task, sensor: &Sensor, logical_time: Timestamp) -> Result<bool> {
        match &sensor.looks_at {
            LooksAt::File(pattern) => {
                let begin = sensor.shifted(logical_time);
                let path = Sensor::path(pattern, begin, task.cron.zone());
                let path = path.map(|path| self.session.invocation.project_directory.join(path));
                Ok(path.is_some_and(|path| path.is_file()))
            }
            LooksAt::Source(name) => {
                let end = sensor.shifted(task.following(logical_time));
                Ok(self.newest_row(name)?.is_some_and(|newest| newest >= end))
            }
        }
    }

    /// As `source freshness` finds it, without a word.
    fn newest_row(&self, name: &str) -> Result<Option<Timestamp>> {
        let ParsedProject { manifest, graph, .. } = self.parsed;
        let found = manifest.sources.values().find(|source| {
            name.split_once('.')
                .is_some_and(|(owner, table)| source.source_name == owner && source.name == table)
        });
        let Some(source) = found else { return Ok(None) };
        let selected = [source.unique_id.clone()];
        let mut inputs =
            running::inputs(self.session, self.parsed, self.connect, Command::Freshness, &selected)?;
        inputs.emitter = Arc::new(Emitter::silent());
        inputs.options.write_json = false;
        inputs.options.behaviors.source_freshness_run_project_hooks = false;
        let plan = run::plan(manifest, graph, &selected, Command::Freshness);
        let mut finished = run::execute(&inputs, &plan)?;
        if let Some(error) = finished.results.results.iter_mut().find_map(|result| result.error.take()) {
            return Err(error);
        }
        Ok(finished.freshness.and_then(|found| found.results.first()?.max_loaded_at))
    }
}
