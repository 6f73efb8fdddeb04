//! `on-run-start` and `on-run-end`: the project's hooks around the nodes.

use std::sync::Arc;

use super::describe;
use super::event::Event;
use super::node::Worker;
use super::node::compile::Extra;
use super::node_timing::Watch;
use super::results::{NodeResult, Status, naive_timestamp};
use super::state::Run;
use super::status::NodeStatus;
use crate::adapter::{Begin, Fetch};
use crate::diagnostic::{Diagnostic, Result, render};
use crate::hashed::HashMap;
use crate::jinja::Value;
use crate::manifest::{Node, NodeKind, Resource};

/// Which hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HookPoint {
    Start,
    End,
}

impl HookPoint {
    fn name(self) -> &'static str {
        match self {
            Self::Start => "on-run-start",
            Self::End => "on-run-end",
        }
    }
}

impl Run<'_> {
    /// The root project's hooks first, then those of packages by their names, each by their index.
    fn hooks(&self, point: HookPoint) -> Vec<Arc<Node>> {
        let root = &self.inputs.shared.project.name;
        let mut hooks: Vec<(bool, &str, i64, Arc<Node>)> = self
            .manifest()
            .nodes
            .values()
            .filter_map(|node| match node.kind {
                NodeKind::Operation { index } if node.tags.iter().any(|tag| tag == point.name()) => Some((
                    node.package_name != *root,
                    node.package_name.as_str(),
                    index.unwrap_or_default(),
                    Arc::clone(node),
                )),
                _ => None,
            })
            .collect();
        hooks.sort_by(|left, right| (left.0, left.1, left.2).cmp(&(right.0, right.1, right.2)));
        hooks.into_iter().map(|(.., node)| node).collect()
    }

    pub(super) fn has_hooks(&self, point: HookPoint) -> bool {
        !self.hooks(point).is_empty()
    }

    /// Runs the hooks; after the first that fails the others are skipped. An error is one of compiling.
    pub(super) fn run_hooks(
        &self,
        worker: &mut Worker,
        point: HookPoint,
        values: &HashMap<String, Value>,
        results: &mut Vec<NodeResult>,
    ) -> Result<Status> {
        let hooks = self.hooks(point);
        if hooks.is_empty() {
            return Ok(Status::Success);
        }
        if point == HookPoint::End {
            self.emitter.emit(Event::formatting(""));
        }
        let mut failed = false;
        let total = hooks.len();
        for (at, node) in hooks.iter().enumerate() {
            let name = format!("{}.{}.{at}", node.package_name, point.name());
            let result = if failed {
                NodeResult { failures: Some(1), ..NodeResult::new(&node.unique_id, Status::Skipped) }
                    .with_message(format!("{name} skipped"))
            } else {
                self.run_hook(worker, node, &name, (at + 1, total), values)?
            };
            failed |= result.status == Status::Error;
            if at + 1 == total && !failed {
                worker.warn_of_open_transaction(&self.emitter, &name)?;
            }
            let mut info = describe::node_info(self.manifest(), Resource::Node(node));
            info.node_status = NodeStatus::Ended(result.status);
            if let (Some(first), Some(last)) = (result.timing.first(), result.timing.last()) {
                info.node_started_at = naive_timestamp(first.started_at);
                info.node_finished_at = naive_timestamp(last.completed_at);
            }
            let event = Event::LogHookEndLine {
                statement: name,
                status: result.status,
                index: at + 1,
                total,
                execution_time: result.execution_time,
            };
            self.emitter.emit_for(&info, event);
            results.push(NodeResult { thread_id: "main".to_owned(), ..result });
        }
        if point == HookPoint::Start {
            self.emitter.emit(Event::formatting(""));
        }
        Ok(if failed { Status::Error } else { Status::Success })
    }

    fn run_hook(
        &self,
        worker: &mut Worker,
        node: &Arc<Node>,
        name: &str,
        (index, total): (usize, usize),
        values: &HashMap<String, Value>,
    ) -> Result<NodeResult> {
        let mut watch = Watch::start();
        let info = describe::node_info(self.manifest(), Resource::Node(node));
        worker.acquire(self, "master", &info)?;
        worker.step_outside()?;
        let extra = Extra { values: values.clone(), batch: None };
        let compiled = watch.phase("compile", || self.compile(worker, node, extra)).map_err(|error| {
            let subject = describe::locator(Resource::Node(node));
            Diagnostic { subject: error.subject.clone().or(Some(subject)), ..*error }.boxed()
        })?;
        self.emitter.emit_for(&info, Event::LogHookStartLine { statement: name.to_owned(), index, total });
        let code = compiled.node.compiled.as_ref().and_then(|compiled| compiled.code.clone());
        let sql = hook_sql(code.as_deref().unwrap_or_default());
        let answer = watch.phase("execute", || {
            if sql.trim().is_empty() {
                return Ok(());
            }
            worker.begin_unit();
            self.with_retries(name, &|| !worker.has_committed(), || {
                worker.step_outside()?;
                worker.execute(&sql, Begin::No, Fetch::Nothing).map(drop)
            })
        });
        let mut result = NodeResult::new(&node.unique_id, Status::Success);
        match answer {
            Ok(()) => result.message = Some(format!("{name} passed")),
            Err(_) if self.inputs.interrupt.is_set() => {
                result.status = Status::Error;
                result.message = Some(format!("{name} was interrupted"));
            }
            Err(mut error) => {
                self.explain_absent(&node.unique_id, &mut error);
                result.status = Status::Error;
                result.message = Some(format!("{name} failed, error:\n {}", message_of(&error)));
                result.error = Some(error);
            }
        }
        result.failures = Some(i64::from(result.status == Status::Error));
        result.execution_time = watch.seconds();
        result.timing = watch.phases;
        result.compiled = Some(true);
        result.compiled_code = code.as_deref().map(str::to_owned);
        Ok(result)
    }
}

/// dbt tells the message alone, without title and place.
fn message_of(error: &Diagnostic) -> String {
    let text = render(&Diagnostic { subject: None, ..error.clone() });
    text.split_once('\n').map_or(text.clone(), |(_, rest)| rest.trim_start().to_owned())
}

/// A hook is SQL, or a JSON object with the SQL and whether it runs in a transaction.
fn hook_sql(code: &str) -> String {
    let parsed: Option<serde_json::Value> = serde_json::from_str(code).ok();
    let sql = parsed.as_ref().and_then(|hook| hook.get("sql")).and_then(serde_json::Value::as_str);
    sql.unwrap_or(code).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hooks_are_sql_or_json() {
        assert_eq!(hook_sql("select 1"), "select 1");
        assert_eq!(hook_sql(r#"{"sql": "vacuum", "transaction": false}"#), "vacuum");
    }
}
