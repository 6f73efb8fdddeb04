//! `show`: the rows of a node's query.

use std::sync::Arc;

use super::super::inputs::Command;
use super::super::state::Run;
use super::compile::Extra;
use super::{Executed, NodeRun, Watch, Worker};
use crate::adapter::{Begin, Fetch};
use crate::context::objects::Table;
use crate::context::runtime::NodeContext;
use crate::diagnostic::Result;
use crate::hashed::HashMap;
use crate::jinja::python::to_str;
use crate::jinja::{Context, Value};
use crate::manifest::{Node, NodeKind};

impl NodeRun<'_, '_> {
    pub(super) fn show(&mut self, worker: &mut Worker) -> Result<Executed> {
        let node = self.node()?;
        if matches!(node.kind, NodeKind::Seed { .. }) {
            return self.materialize(worker);
        }
        let compiled = self.compile(worker, &node, HashMap::default())?;
        self.executing();
        let mut watch = std::mem::replace(&mut self.watch, Watch::start());
        let run = self.run;
        let executed = watch.phase("execute", || {
            let Command::Show { limit } = run.inputs.command else { return Ok(Executed::success(None)) };
            let sql = run.limited(worker, &compiled.node, limit)?;
            let (response, rows) = worker.execute(&sql, Begin::No, Fetch::All)?;
            let table = Table::from_result_set(&rows.unwrap_or_default());
            Ok(Executed {
                table: Some(table),
                shown_sql: Some(sql),
                message: None,
                ..Executed::of_response(&response)
            })
        });
        self.watch = watch;
        executed
    }
}

impl Run<'_> {
    /// The query of a compiled node, with a limit.
    pub(super) fn limited(&self, worker: &Worker, node: &Arc<Node>, limit: Option<u64>) -> Result<String> {
        let context = self.context(worker, node, Extra::default());
        let dynamic: Arc<dyn Context> = Arc::<NodeContext>::clone(&context);
        let code = dynamic.get("compiled_code").unwrap_or_default();
        let header = node.config.get("sql_header");
        let header = header.map_or_else(|| Value::from(()), crate::jinja::python::from_json);
        let limit = limit.map_or_else(|| Value::from(()), Value::from);
        // dbt: any package's, but with the names of the node's own
        let arguments = [code, header, limit];
        let sql = match self.inputs.engine.find_macro("get_show_sql", None) {
            Some(found) => self.inputs.engine.call_macro(&found, &dynamic, &arguments, &[])?,
            None => self.inputs.engine.call_named("get_show_sql", &dynamic, &arguments, &[])?,
        };
        Ok(to_str(&sql))
    }
}
