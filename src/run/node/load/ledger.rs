//! The files that were loaded before, as the memory of the database has them.

use std::sync::Arc;

use super::super::{NodeRun, Worker};
use crate::context::objects::Table;
use crate::context::runtime::{NodeContext, NodeContextParts, Subject};
use crate::diagnostic::Result;
use crate::hashed::HashMap;
use crate::jinja::python::to_str;
use crate::jinja::{Context, Value};
use crate::manifest::SourceDefinition;
use crate::run::state::sink;

/// A file that was loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Loaded {
    pub(super) bytes: u64,
    pub(super) checksum: String,
    /// In microseconds since 1970.
    pub(super) modified: Option<i64>,
    loaded: Option<i64>,
}

/// By the file's name.
#[derive(Debug, Default)]
pub(super) struct LoadLedger(HashMap<String, Loaded>);

impl LoadLedger {
    pub(super) fn get(&self, file: &str) -> Option<&Loaded> {
        self.0.get(file)
    }

    pub(super) fn files(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(super) fn last_load(&self) -> Option<jiff::Timestamp> {
        let last = self.0.values().filter_map(|loaded| loaded.loaded).max()?;
        jiff::Timestamp::from_microsecond(last).ok()
    }
}

impl NodeRun<'_, '_> {
    pub(super) fn ledger(&self, worker: &mut Worker, source: &SourceDefinition) -> Result<LoadLedger> {
        let context = self.load_context(worker, source);
        let rows = self.call_load_macro(&context, "rsdbt_load_ledger", vec![this(&context)])?;
        let mut ledger = LoadLedger::default();
        for row in rows.try_iter().into_iter().flatten() {
            let text = |at: usize| row.get_item_by_index(at).map(|value| to_str(&value)).unwrap_or_default();
            let loaded = Loaded {
                bytes: text(1).parse().unwrap_or(0),
                checksum: text(2),
                modified: text(3).parse().ok(),
                loaded: text(4).parse().ok(),
            };
            ledger.0.insert(text(0), loaded);
        }
        Ok(ledger)
    }

    /// The names that the macros of a load see.
    pub(super) fn load_context(&self, worker: &Worker, source: &SourceDefinition) -> Arc<NodeContext> {
        NodeContext::new(NodeContextParts {
            shared: Arc::clone(&self.run.inputs.shared),
            subject: Subject::Source(Arc::new(source.clone())),
            unit_test: None,
            batch: None,
            extra: HashMap::default(),
            sink: sink(&self.run.emitter, Some(self.info.clone())),
            database: worker.names(),
        })
    }

    pub(super) fn call_load_macro(
        &self,
        context: &Arc<NodeContext>,
        name: &str,
        arguments: Vec<Value>,
    ) -> Result<Value> {
        let dynamic: Arc<dyn Context> = Arc::<NodeContext>::clone(context);
        let answer = self.run.inputs.engine.execute_macro(name, &dynamic, &arguments)?;
        Ok(match Table::from_value(&answer) {
            Some(table) => table.to_value().get_attr("rows").unwrap_or_default(),
            None => answer,
        })
    }
}

/// The relation that is loaded.
pub(super) fn this(context: &Arc<NodeContext>) -> Value {
    context.get("this").unwrap_or_default()
}
