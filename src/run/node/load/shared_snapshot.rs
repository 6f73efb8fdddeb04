//! One snapshot for all tables that a run loads from one database: a session exports it, the others import it.

use super::super::super::origins::{OriginDatabase, Snapshot, lock};
use super::super::super::plan::{Action, Plan};
use super::super::super::state::Run;
use super::read_only;
use crate::adapter::{Begin, Cell, Fetch};
use crate::config::load::Origin;
use crate::diagnostic::{Diagnostic, Result};
use crate::load::LoadedTable;

impl Run<'_> {
    /// The tables that come from one database see one snapshot of it.
    pub(in crate::run) fn expect_loads(&self, plan: &Plan) {
        for step in plan.steps.iter().filter(|step| step.action == Action::Load) {
            if let Some(output) = self.origin_of(&step.unique_id) {
                self.origins.expect(output, &step.unique_id);
            }
        }
    }

    pub(super) fn end_load(&self, unique_id: &str) {
        if let Some(output) = self.origin_of(unique_id) {
            self.origins.leave(output, unique_id);
        }
    }

    /// The output that a source table is loaded from.
    fn origin_of(&self, unique_id: &str) -> Option<usize> {
        let source = self.manifest().sources.get(unique_id)?;
        match LoadedTable::of_manifest(source).ok()?.load.origin {
            Origin::Connection(from) => Some(self.inputs.shared.output_of(Some(&from.connection)).output),
            _ => None,
        }
    }
}

/// Its name on the server; `None` where one table alone is loaded, whose transaction is enough.
pub(super) fn shared(run: &Run<'_>, output: usize, unique_id: &str) -> Result<Option<String>> {
    let database = run.origins.at(output);
    let mut database = lock(&database);
    if database.tables < 2 {
        return Ok(None);
    }
    if let Some(snapshot) = &database.snapshot {
        if snapshot.session.execute("select 1", Begin::Auto, Fetch::Nothing).is_ok() {
            return Ok(Some(snapshot.id.clone()));
        }
        database.snapshot = None;
    }
    // another one would be of another time
    if database.read.iter().any(|id| id != unique_id) {
        return Err(lost(run, output, &database));
    }
    let snapshot = export(run, output, unique_id)?;
    let id = snapshot.id.clone();
    database.snapshot = Some(snapshot);
    Ok(Some(id))
}

fn export(run: &Run<'_>, output: usize, unique_id: &str) -> Result<Snapshot> {
    let name = format!("{} (snapshot)", run.outputs[output].name);
    let session = read_only::open(run, output, unique_id, &name, None)?;
    let answer = session.execute("select pg_catalog.pg_export_snapshot()", Begin::Auto, Fetch::All);
    // it ends with the last table, not at Ctrl-C
    run.in_flight.leave(&name);
    let rows = answer?.1.map(|set| set.rows).unwrap_or_default();
    let id = rows.into_iter().flatten().next();
    let Some(Cell::Text(id)) = id else {
        return Err(Diagnostic::database("load-snapshot", "the server exported no snapshot").boxed());
    };
    Ok(Snapshot { session, id })
}

fn lost(run: &Run<'_>, output: usize, database: &OriginDatabase) -> Box<Diagnostic> {
    let message = format!(
        "the session that held the snapshot of `{}` has ended, and {} tables were read from that snapshot; nothing was loaded",
        run.outputs[output].name,
        database.read.len()
    );
    Diagnostic::database("load-snapshot-lost", message)
        .help("run `rsdbt load` again to have all tables from one snapshot, or `rsdbt retry` to load the rest from a later one")
        .boxed()
}
