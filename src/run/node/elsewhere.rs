//! A node whose query runs in another output than its relation lives in: what its materialization sees instead of the query.

use std::sync::Arc;

use super::super::state::Run;
use super::{CompiledNode, Worker};
use crate::diagnostic::{Diagnostic, Result, SourceText, Span};
use crate::hashed::HashMap;
use crate::jinja::Value;
use crate::jinja::python::list;
use crate::manifest::{Compiled, Node};

/// Where the rows wait, once `rsdbt_stage_rows` has fetched them.
const ROWS: &str = "select * from pg_temp.rsdbt_rows";

/// The node for its materialization, and the names that only that sees.
pub(super) fn received(worker: &Worker, compiled: &CompiledNode) -> (Arc<Node>, HashMap<String, Value>) {
    let query = compiled.node.compiled.as_ref().and_then(|compiled| compiled.code.clone());
    let Some(query) = query.filter(|_| worker.crosses()) else {
        return (Arc::clone(&compiled.node), compiled.names());
    };
    worker.set_query(&query);
    let mut node = Node::clone(&compiled.node);
    node.compiled = Some(Box::new(Compiled { code: Some(Arc::from(ROWS)), ..Compiled::default() }));
    let parts = ("rsdbt_query_parts".to_owned(), list(vec![Value::from(ROWS)]));
    (Arc::new(node), HashMap::from_iter([parts]))
}

impl Run<'_> {
    /// The server that runs the query does not have the node's own table, or has another one of its name.
    pub(super) fn refuse_this(&self, node: &Node, compiled: &CompiledNode) -> Result<()> {
        let this = self.inputs.shared.relation_of(node);
        let without_database = this.changed(|details| details.include_policy.database = false);
        let is_named = [this.render(), without_database.render()]
            .iter()
            .any(|name| compiled.own_code.contains(name.as_str()));
        if !is_named {
            return Ok(());
        }
        let (home, site) = self.home_and_site(&node.unique_id);
        let message = format!(
            "the query runs in the output `{}` and names the model's own table, which is in `{}`",
            self.outputs[site].name, self.outputs[home].name
        );
        let error = Diagnostic::compilation("this-elsewhere", message)
            .help("write `{{ high_water('updated_at') }}` for the highest value of a column of that table");
        let source = SourceText::new(node.original_file_path.clone(), &*node.raw_code);
        Err(match node.raw_code.find("{{ this") {
            Some(at) => error.label(Span::new(&source, at + 3..at + 7), "").boxed(),
            None => error.boxed(),
        })
    }
}
