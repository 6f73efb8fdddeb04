//! After the last node: foreign keys that were to be validated by a node that did not run, and versions of
//! relations that are kept for one. `builtin/macros/relations/open_ends.sql` finds them.

use std::collections::BTreeSet;

use super::describe;
use super::node::Worker;
use super::results::{NodeResult, Status};
use super::state::Run;
use crate::diagnostic::{Diagnostic, Result, render};
use crate::jinja::Value;
use crate::jinja::python::{items_of, list, to_str};
use crate::manifest::{Node, Resource};

impl Run<'_> {
    /// A violated key fails the node of its table; what else is left is a warning.
    pub(super) fn close_open_ends(&self, results: &mut [NodeResult]) -> Result<()> {
        for output in 0..self.outputs.len() {
            if self.outputs[output].cache.has_open_ends() {
                self.close_open_ends_of(output, results)?;
            }
        }
        Ok(())
    }

    fn close_open_ends_of(&self, output: usize, results: &mut [NodeResult]) -> Result<()> {
        for OpenEnd { violated, schema, relation, message } in self.open_ends(output, results)? {
            let built = results.iter_mut().find(|result| {
                let node = self.node_of(result).filter(|node| self.is_in(node, output));
                node.is_some_and(|node| node.schema == schema && node.alias == relation)
            });
            match built {
                Some(result) if violated && result.status == Status::Success => {
                    let subject = self.manifest().resource(&result.unique_id).map(describe::locator);
                    let error = Diagnostic { subject, ..Diagnostic::database("foreign-key", message) };
                    result.status = Status::Error;
                    result.message = Some(render(&error));
                    result.error = Some(error.boxed());
                }
                // it has said so itself
                Some(result) if violated && result.status == Status::Error => {}
                _ => {
                    let help = if violated {
                        "correct the rows; the next run that builds either table checks them again"
                    } else {
                        "build what reads it: the last one that moves drops it"
                    };
                    self.emitter.warn(Diagnostic::warning("OpenEnd", message).help(help))?;
                }
            }
        }
        Ok(())
    }

    fn node_of(&self, result: &NodeResult) -> Option<&Node> {
        match self.manifest().resource(&result.unique_id) {
            Some(Resource::Node(node)) if node.is_relational() => Some(node),
            _ => None,
        }
    }

    fn is_in(&self, node: &Node, output: usize) -> bool {
        self.home_and_site(&node.unique_id).0 == output
    }

    fn open_ends(&self, output: usize, results: &[NodeResult]) -> Result<Vec<OpenEnd>> {
        let nodes = results.iter().filter_map(|result| self.node_of(result));
        let nodes = nodes.filter(|node| self.is_in(node, output));
        let schemas: BTreeSet<&str> = nodes.map(|node| node.schema.as_str()).collect();
        let names = list(schemas.into_iter().map(Value::from).collect());
        let mut worker = Worker::new();
        worker.acquire_named_at(self, "master", output)?;
        let rows = self.call_operation(&worker, "rsdbt_open_ends", &[names])?;
        worker.commit()?;
        worker.release(self, "master")?;
        let rows = items_of(&rows).unwrap_or_default();
        rows.iter().map(OpenEnd::read).collect()
    }
}

struct OpenEnd {
    violated: bool,
    schema: String,
    relation: String,
    message: String,
}

impl OpenEnd {
    fn read(row: &Value) -> Result<Self> {
        let fields: Vec<String> = items_of(row).unwrap_or_default().iter().map(to_str).collect();
        match <[String; 4]>::try_from(fields) {
            Ok([what, schema, relation, message]) => {
                Ok(Self { violated: what == "violated", schema, relation, message })
            }
            Err(_) => Err(Diagnostic::runtime("open-ends", "`rsdbt_open_ends` returns rows of four").boxed()),
        }
    }
}
