//! Microbatch models: the materialization once for each window of time, in order.

use std::sync::Arc;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value as Json;

use super::super::describe;
use super::super::event::Event;
use super::super::microbatch::{Batch, Window, size_of};
use super::super::node_timing::Watch;
use super::super::results::{BatchResults, Status};
use super::super::status::Told;
use super::compile::Extra;
use super::elsewhere::received;
use super::{Executed, NodeRun, Worker};
use crate::config::batches::{Lookback, instant};
use crate::context::runtime::BatchContext;
use crate::diagnostic::Result;
use crate::manifest::Node;

/// In the results, why the first of the batches failed.
pub(crate) const FIRST_ERROR: &str = "first_error";

/// What one batch needs to know of the whole.
struct Position {
    at: usize,
    total: usize,
    /// Batches before it that have failed.
    failed: usize,
}

impl NodeRun<'_, '_> {
    pub(super) fn microbatch(&mut self, worker: &mut Worker) -> Result<Executed> {
        let node = self.node()?;
        self.watch.phase("compile", || ());
        self.executing();
        let mut watch = std::mem::replace(&mut self.watch, Watch::start());
        let executed = watch.phase("execute", || self.batches(worker, &node));
        self.watch = watch;
        executed
    }

    fn batches(&mut self, worker: &mut Worker, node: &Arc<Node>) -> Result<Executed> {
        let previous = self.run.inputs.previous.batches.get(&node.unique_id).cloned();
        let exists = worker.has_relation(&self.run.inputs.shared.relation_of(node));
        // The batches that a retry leaves out are in the table: it must not be built anew.
        let continues = previous.as_ref().is_some_and(|previous| !previous.successful.is_empty());
        let incremental = exists && (continues || !self.full_refresh(node));
        let size = size_of(&node.name, &node.config)?;
        let pointer = self.latest_version_pointer(worker, node)?;
        let batches = match &previous {
            Some(previous) => previous.failed.iter().filter_map(Batch::read).collect(),
            None => self.window(node, incremental)?.batches()?,
        };
        let total = batches.len();
        let mut outcome = BatchResults::default();
        let mut skip = false;
        let mut first_error = None;
        for (at, batch) in batches.into_iter().enumerate() {
            let label = size.label(batch.start);
            let context = BatchContext {
                id: label.replace('-', ""),
                label,
                start: timestamp(batch.start),
                end: timestamp(batch.end),
                incremental: at > 0 || incremental,
            };
            let position = Position { at, total, failed: outcome.failed.len() };
            if self.run.inputs.interrupt.is_set() || self.run.in_flight.is_cancelled() {
                skip = true;
            }
            let error = if skip { None } else { self.batch(worker, node, context.clone(), &position) };
            let succeeded = !skip && error.is_none();
            first_error = first_error.or(error);
            if skip {
                self.batch_line(node, &context, &position, Status::Skipped.into(), 0.0);
            }
            // Without the first batch there is no table for the others.
            skip |= at == 0 && !succeeded;
            let list = if succeeded { &mut outcome.successful } else { &mut outcome.failed };
            list.push(batch.recorded());
        }
        if let Some(pointer) = pointer.filter(|_| outcome.failed.is_empty()) {
            self.make_pointer(worker, node, &pointer)?;
        }
        let mut executed = merged(outcome, previous);
        if let Some(error) = first_error {
            // its message counts the batches
            executed.adapter_response.insert(FIRST_ERROR.to_owned(), error.into());
        }
        Ok(executed)
    }

    fn full_refresh(&self, node: &Node) -> bool {
        node.config
            .get("full_refresh")
            .and_then(Json::as_bool)
            .unwrap_or(self.run.inputs.options.full_refresh)
    }

    fn window<'n>(&self, node: &'n Node, incremental: bool) -> Result<Window<'n>> {
        let inputs = self.run.inputs;
        let text = |name: &str| node.config.get(name).and_then(Json::as_str);
        let [start, end] = &inputs.options.event_time;
        Ok(Window {
            model: &node.name,
            size: size_of(&node.name, &node.config)?,
            lookback: node.config.get("lookback").and_then(Lookback::read).unwrap_or(Lookback::All(1)),
            begin: text("begin").and_then(instant),
            incremental,
            asked_start: start.as_deref().and_then(instant),
            asked_end: end.as_deref().and_then(instant),
            now: inputs.previous.started_at.unwrap_or(inputs.invocation.started_at),
        })
    }

    /// One batch; why it failed, if it did.
    fn batch(
        &mut self,
        worker: &mut Worker,
        node: &Arc<Node>,
        context: BatchContext,
        position: &Position,
    ) -> Option<String> {
        let mut own = Node::clone(node);
        // dbt: the first batch runs the pre-hooks, the last one the post-hooks
        if position.at > 0 {
            own.config_mut().insert("pre-hook".into(), Json::Array(Vec::new()));
        }
        if position.at + 1 < position.total {
            own.config_mut().insert("post-hook".into(), Json::Array(Vec::new()));
        }
        if position.failed > 0
            && let Some(Json::Array(hooks)) = own.config_mut().get_mut("post-hook")
        {
            // the model is not done without the batches that failed
            hooks.retain(|hook| hook.get("mark").is_none());
        }
        let batch_label = &context.label;
        let description = format!(
            "batch {batch_label} of {}",
            describe::representation(node, &self.run.inputs.shared.target.database)
        );
        self.say(Event::LogStartBatch {
            description,
            batch_index: position.at + 1,
            total_batches: position.total,
        });
        let watch = Watch::start();
        // Nothing that the last batch left in the session, not even its end, counts for this one.
        let ready =
            if position.at > 0 { worker.start_again(self.run, &node.unique_id, &self.info) } else { Ok(()) };
        let result = ready.and_then(|()| self.run_batch(worker, &Arc::new(own), context.clone()));
        match result {
            Ok(message) => {
                self.batch_line(
                    node,
                    &context,
                    position,
                    Told::answer(Status::Success, message),
                    watch.seconds(),
                );
                None
            }
            Err(error) => {
                let resource = crate::manifest::Resource::Node(node);
                let error = self.explained(*error, resource);
                let error_codes = vec![error.shown_code().to_owned()];
                let text = self.error_text(&error);
                let said = format!("batch {batch_label}: {text}");
                self.say(Event::RunResultError { msg: text, error_codes });
                self.batch_line(node, &context, position, Status::Error.into(), watch.seconds());
                Some(said)
            }
        }
    }

    fn run_batch(&mut self, worker: &mut Worker, node: &Arc<Node>, context: BatchContext) -> Result<String> {
        let extra = || Extra { batch: Some(context.clone()), ..Extra::default() };
        let executed = self.with_retries(worker, |this, worker| {
            let compiled = this.run.compile(worker, node, extra())?;
            let name = compiled.node.materialized().to_owned();
            let (node, _) = received(worker, &compiled);
            this.run_materialization(worker, &node, extra(), &name)
        })?;
        Ok(executed.message.unwrap_or_default())
    }

    fn batch_line(
        &self,
        node: &Node,
        context: &BatchContext,
        position: &Position,
        status: Told,
        seconds: f64,
    ) {
        let name = describe::representation(node, &self.run.inputs.shared.target.database);
        let event = Event::LogBatchResult {
            description: format!("batch {} of {name}", context.label),
            status,
            batch_index: position.at + 1,
            total_batches: position.total,
            execution_time: seconds,
        };
        self.say(event);
    }
}

fn timestamp(at: DateTime) -> jiff::Timestamp {
    at.to_zoned(TimeZone::UTC).map(|at| at.timestamp()).unwrap_or_default()
}

/// The result of all batches, with those that an earlier run did.
fn merged(mut outcome: BatchResults, previous: Option<BatchResults>) -> Executed {
    let (good, bad) = (outcome.successful.len(), outcome.failed.len());
    let (status, message) = match (good, bad) {
        (_, 0) => (Status::Success, "SUCCESS".to_owned()),
        (0, _) => (Status::Error, "ERROR".to_owned()),
        _ => (Status::PartialSuccess, format!("PARTIAL SUCCESS ({good}/{})", good + bad)),
    };
    // A retry tells of the batches that went well before, too.
    outcome.successful.extend(previous.map(|previous| previous.successful).unwrap_or_default());
    Executed { status, failures: Some(0), batch_results: Some(outcome), ..Executed::success(Some(message)) }
}
