//! Before the first node: the lock that keeps two runs apart, the schemas, the relation cache.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::event::Event;
use super::inputs::Command;
use super::plan::Plan;
use super::state::Run;
use crate::adapter::{Begin, Cell, Connection, Fetch, Settings, catalog};
use crate::diagnostic::{Diagnostic, Result};
use crate::manifest::{Node, NodeKind};

/// How often a waiting run asks again.
const ASK: Duration = Duration::from_millis(500);

/// The session that holds the schemas' locks; they end with it.
pub(super) struct Locks {
    _connection: Option<Connection>,
}

impl Run<'_> {
    /// Keeps other runs of this program off the schemas that this run writes. A second run waits.
    pub(super) fn lock_schemas(&self, plan: &Plan) -> Result<Locks> {
        let writes = !matches!(
            self.inputs.command,
            Command::Compile | Command::Show { .. } | Command::Freshness | Command::Test
        );
        let schemas = self.written_schemas(plan);
        if !writes || schemas.is_empty() {
            return Ok(Locks { _connection: None });
        }
        // the profile's `autocommit` would let go of a lock as soon as it is taken
        let settings = Settings { autocommit: false, ..(*self.inputs.settings).clone() };
        let mut connection = Connection::open(&Arc::new(settings))?;
        let begun = Instant::now();
        let mut told = false;
        // All in one order, so that two runs cannot wait for each other.
        for schema in schemas {
            while !try_lock(&mut connection, &schema)? {
                if self.inputs.interrupt.is_set() {
                    return Err(Diagnostic::runtime(
                        "interrupted",
                        "interrupted while waiting for another run",
                    )
                    .boxed());
                }
                if begun.elapsed() > self.inputs.lock_wait {
                    return Err(Diagnostic::runtime(
                        "schema-locked",
                        format!("another run is still working on schema `{schema}`"),
                    )
                    .help("wait for it to end, or end its session")
                    .boxed());
                }
                if !told {
                    told = true;
                    let msg = format!("Waiting for another run to finish with schema \"{schema}\"");
                    self.emitter.emit(Event::Note { msg });
                }
                std::thread::sleep(ASK);
            }
        }
        Ok(Locks { _connection: Some(connection) })
    }

    /// The nodes of the plan that have relations of their own.
    fn relational(&self, plan: &Plan) -> Vec<&Node> {
        let manifest = self.manifest();
        plan.steps
            .iter()
            .filter_map(|step| {
                let id = &step.unique_id;
                manifest.nodes.get(id).or_else(|| manifest.functions.get(id)).map(AsRef::as_ref)
            })
            .filter(|node| {
                node.is_relational()
                    || matches!(node.kind, NodeKind::Function(_))
                    || (node.is_test() && self.stores_failures(node))
            })
            .collect()
    }

    fn written_schemas(&self, plan: &Plan) -> BTreeSet<String> {
        self.relational(plan).into_iter().map(|node| node.schema.clone()).collect()
    }

    /// Creates the schemas that the plan needs, through the project's own `create_schema`.
    pub(super) fn create_schemas(
        &self,
        connection: &mut Connection,
        plan: &Plan,
        create: &mut dyn FnMut(&Node) -> Result<()>,
    ) -> Result<()> {
        let existing: BTreeSet<String> =
            catalog::existing_schemas(connection)?.into_iter().map(|schema| schema.to_lowercase()).collect();
        connection.rollback_if_open()?;
        let mut known = existing;
        for node in self.relational(plan) {
            if known.insert(node.schema.to_lowercase()) {
                let relation = self.inputs.surroundings.relation_of(node);
                let name = format!("database: {:?}\nschema: {:?}\n", relation.database, node.schema);
                self.emitter.emit(Event::SchemaCreation { relation: name });
                create(node)?;
                self.cache.add_schema(&node.schema);
            }
        }
        Ok(())
    }

    /// Reads the relations of the schemas that the project uses, or of the selected nodes' ones.
    pub(super) fn populate_cache(&self, connection: &mut Connection, plan: &Plan) -> Result<()> {
        if !self.inputs.populate_cache {
            return Ok(());
        }
        let mut schemas: BTreeSet<String> = if self.inputs.cache_selected_only {
            self.written_schemas(plan)
        } else {
            let nodes = self.manifest().nodes.values();
            nodes.filter(|node| node.is_relational()).map(|node| node.schema.clone()).collect()
        };
        schemas.extend(self.written_schemas(plan));
        if let (Command::Clone, Some(defer)) = (self.inputs.command, &self.inputs.surroundings.defer) {
            let ids = plan.steps.iter().map(|step| step.unique_id.as_str());
            schemas.extend(ids.filter_map(|id| defer.counterpart(id)).map(|node| node.schema.clone()));
        }
        let schemas: Vec<String> = schemas.into_iter().collect();
        self.cache.load(connection, &schemas)
    }
}

/// The lock belongs to the transaction, which stays open: behind a pooler a session's lock would outlive it.
fn try_lock(connection: &mut Connection, schema: &str) -> Result<bool> {
    let literal = schema.replace('\'', "''");
    let sql = format!("select pg_try_advisory_xact_lock(hashtext('rsdbt'), hashtext('{literal}'))");
    let (_, rows) = connection.execute(&sql, Begin::Auto, Fetch::All)?;
    let cell = rows.as_ref().and_then(|rows| rows.rows.first()).and_then(|row| row.first());
    Ok(cell == Some(&Cell::Bool(true)))
}
