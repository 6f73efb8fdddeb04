//! The overloads of a function: the same name for other arguments, one after the other, whatever becomes of each.

use std::sync::Arc;

use super::super::event::Event;
use super::super::node_timing::Watch;
use super::super::results::{OverloadResults, Status};
use super::compile::Extra;
use super::{Executed, NodeRun, Worker};
use crate::adapter::quote_identifier;
use crate::diagnostic::{Diagnostic, Result};
use crate::manifest::{FunctionArgument, FunctionOverload, Node, NodeKind, Resource};

impl NodeRun<'_, '_> {
    /// After the function itself was made.
    pub(super) fn overloads(
        &mut self,
        worker: &mut Worker,
        node: &Arc<Node>,
        executed: &mut Executed,
    ) -> Result<()> {
        let NodeKind::Function(part) = &node.kind else { return Ok(()) };
        if part.overloads.is_empty() {
            return Ok(());
        }
        let previous = self.run.inputs.previous.overloads.get(&node.unique_id).cloned().unwrap_or_default();
        let total = part.overloads.len();
        let mut results = OverloadResults::default();
        for (at, overload) in part.overloads.iter().enumerate() {
            let description = format!("function {} overload {}", node.name, overload.defined_in);
            let (overload_index, total_overloads) = (at + 1, total);
            let say = |this: &Self, description: String, status: Status, execution_time: f64| {
                this.say(Event::LogOverloadResult {
                    description,
                    status,
                    overload_index,
                    total_overloads,
                    execution_time,
                });
            };
            if previous.successful.contains(&overload.defined_in) {
                results.successful.push(overload.defined_in.clone());
                say(self, description, Status::Skipped, 0.0);
                continue;
            }
            self.say(Event::LogStartOverload {
                description: description.clone(),
                overload_index,
                total_overloads,
            });
            let watch = Watch::start();
            let made = self
                .refuse_same_signature(worker, node, &part.overloads[..at], overload)
                .and_then(|()| self.overload(worker, node, overload));
            match made {
                Ok(()) => {
                    results.successful.push(overload.defined_in.clone());
                    say(self, description, Status::Success, watch.seconds());
                }
                Err(error) => {
                    results.failed.push(overload.defined_in.clone());
                    let error = self.explained(*error, Resource::Node(node));
                    say(self, description, Status::Error, watch.seconds());
                    let error_codes = vec![error.shown_code().to_owned()];
                    self.say(Event::RunResultError { msg: self.error_text(&error), error_codes });
                }
            }
        }
        if !results.failed.is_empty() {
            executed.status = Status::PartialSuccess;
            executed.message = Some(format!("PARTIAL SUCCESS {}", node.name));
        }
        executed.overload_results = Some(results);
        Ok(())
    }

    /// The server knows the types' other names; what it would replace is this very function.
    fn refuse_same_signature(
        &self,
        worker: &mut Worker,
        node: &Node,
        before: &[FunctionOverload],
        overload: &FunctionOverload,
    ) -> Result<()> {
        let NodeKind::Function(part) = &node.kind else { return Ok(()) };
        let name = format!("{}.{}", quote_identifier(&node.schema), quote_identifier(&node.alias));
        let signature = |arguments: &[FunctionArgument]| {
            let types: Vec<&str> = arguments.iter().map(|argument| argument.data_type.as_str()).collect();
            format!("{name}({})", types.join(", "))
        };
        let own = signature(&overload.arguments);
        let others = before.iter().map(|other| (other.defined_in.as_str(), other.arguments.as_slice()));
        for (other, arguments) in
            std::iter::once((node.name.as_str(), part.arguments.as_slice())).chain(others)
        {
            let query = "select 'same' where pg_catalog.to_regprocedure($1)::pg_catalog.oid \
                 operator(pg_catalog.=) pg_catalog.to_regprocedure($2)::pg_catalog.oid";
            let taken = signature(arguments);
            let rows = worker
                .adapter_at(self.run, self.run.home_and_site(&node.unique_id).0)
                .with(|connection| connection.query(query, &[&own, &taken]))?;
            if !rows.rows.is_empty() {
                let message = format!("{own} is the same function as `{other}`, which it would replace");
                let help = "give the overload other arguments, or leave it out";
                return Err(Diagnostic::compilation("function-overload", message).help(help).boxed());
            }
        }
        Ok(())
    }

    fn overload(&mut self, worker: &mut Worker, node: &Arc<Node>, overload: &FunctionOverload) -> Result<()> {
        // nothing of the one before, not even its end, counts for this one
        worker.start_again(self.run, &node.unique_id, &self.info)?;
        let mut own = Node::clone(node);
        own.original_file_path.clone_from(&overload.original_file_path);
        own.raw_code = Arc::from(overload.raw_body.as_str());
        if let NodeKind::Function(part) = &mut own.kind {
            part.arguments.clone_from(&overload.arguments);
            if let Some(returns) = &overload.returns {
                part.returns.clone_from(returns);
            }
        }
        let own = Arc::new(own);
        let context = self.run.context(worker, &own, Extra::default());
        let compiled = self.run.render_with_ctes(worker, &own, &context)?;
        self.call_materialization(worker, &compiled.node, Extra::default(), node.materialized())
    }
}
