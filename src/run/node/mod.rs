//! The work of one step: lines before and after, compile, execute, and what came of it.

pub(super) mod compile;
mod compiled_node;
mod elsewhere;
mod explained;
mod freshness;
mod latest_version;
mod lines;
mod load;
mod materialize;
mod microbatch;
mod one_scan;
mod overloads;
mod place;
mod show;
mod slips;
mod test;
mod unit_test;
mod worker;

use std::sync::Arc;

use serde_json::{Map, Value as Json};

pub(super) use compiled_node::CompiledNode;
pub(super) use worker::Worker;

use super::describe;
use super::emitter::NodeInfo;
use super::event::Event;
use super::executor::{Runner, Turn};
use super::inputs::{Command, Introspection};
use super::node_timing::Watch;
use super::plan::{Action, Step};
use super::results::{NodeResult, Status, naive_timestamp};
use super::state::{ESCALATED_CODE, Run, take_escalated};
use super::status::NodeStatus;
use super::summary;
use crate::adapter::Response;
use crate::context::MICROBATCH_MACRO;
use crate::context::objects::Table;
use crate::diagnostic::{Category, Diagnostic, Result};
use crate::hashed::HashMap;
use crate::manifest::{Node, NodeKind, Resource};
use compile::Extra;
pub(crate) use microbatch::FIRST_ERROR;

/// What a node's execution brought.
pub(super) struct Executed {
    pub(super) status: Status,
    pub(super) message: Option<String>,
    pub(super) adapter_response: Map<String, Json>,
    pub(super) failures: Option<i64>,
    pub(super) table: Option<Table>,
    /// What `show` sent instead of the node's own query.
    pub(super) shown_sql: Option<String>,
    pub(super) batch_results: Option<super::results::BatchResults>,
    pub(super) overload_results: Option<super::results::OverloadResults>,
}

impl Executed {
    pub(super) fn success(message: Option<String>) -> Self {
        Self {
            status: Status::Success,
            message,
            adapter_response: Map::new(),
            failures: None,
            table: None,
            shown_sql: None,
            batch_results: None,
            overload_results: None,
        }
    }

    fn of_response(response: &Response) -> Self {
        Self { adapter_response: adapter_response(response), ..Self::success(Some(response.message.clone())) }
    }
}

/// As `run_results.json` keeps the server's answer.
pub(super) fn adapter_response(response: &Response) -> Map<String, Json> {
    let mut map = Map::new();
    map.insert("_message".into(), response.message.clone().into());
    map.insert("code".into(), response.code.clone().into());
    map.insert("rows_affected".into(), response.rows_affected.into());
    map.extend(response.counts.iter().map(|(name, count)| (name.clone(), (*count).into())));
    map
}

/// One step at work.
pub(super) struct NodeRun<'r, 'a> {
    pub(super) run: &'r Run<'a>,
    pub(super) step: &'r Step,
    pub(super) turn: Turn,
    pub(super) info: NodeInfo,
    pub(super) watch: Watch,
    /// Where the SQL that ran was written, for the error message.
    pub(super) build_path: Option<String>,
    /// Tests that are ready, too, and that one statement may answer along with this one.
    pub(super) mates: Vec<&'r Step>,
}

impl Runner for Run<'_> {
    type Worker = Worker;

    fn worker(&self) -> Worker {
        Worker::new()
    }

    fn end(&self, worker: Worker) {
        worker.hand_on(self);
    }

    fn run(&self, worker: &mut Worker, step: &Step, mates: &[&Step], turn: Turn) -> NodeResult {
        let Some(resource) = self.manifest().resource(&step.unique_id) else {
            return NodeResult::new(&step.unique_id, Status::Error)
                .with_message("the node is not in the manifest");
        };
        let mut node_run = NodeRun {
            run: self,
            step,
            turn,
            info: describe::node_info(self.manifest(), resource),
            watch: Watch::start(),
            build_path: None,
            mates: mates.to_vec(),
        };
        node_run.work(worker, resource)
    }

    fn skip(&self, step: &Step, turn: Turn, cause: Option<&NodeResult>) -> NodeResult {
        let mut result = NodeResult::new(&step.unique_id, Status::Skipped);
        let Some(resource) = self.manifest().resource(&step.unique_id) else { return result };
        let mut info = describe::node_info(self.manifest(), resource);
        self.emitter.emit_for(&info, Event::NodeStart { unique_id: step.unique_id.clone() });
        result.harmless_skip = matches!(resource, Resource::Exposure(_));
        describe_code(&mut result, resource);
        let (schema, name) = match resource {
            Resource::Node(node) => (node.schema.clone(), node.name.clone()),
            other => (String::new(), other.name().to_owned()),
        };
        let Turn { index, total } = turn;
        info.node_status = NodeStatus::Ended(Status::Skipped);
        if let (Some(cause), true) = (cause, step.is_counted()) {
            let status = cause.status;
            self.emitter
                .emit_for(&info, Event::LogSkipBecauseError { schema, relation: name, index, total, status });
            summary::failure(&self.emitter, self, cause, false);
            result.message = Some(format!(
                "Compilation Error in {}, caused by compilation error in referenced ephemeral model {}",
                step.unique_id, cause.unique_id
            ));
        } else if step.is_counted() {
            let resource_type = resource.resource_type().to_string();
            let event = Event::SkippingDetails { resource_type, schema, node_name: name, index, total };
            self.emitter.emit_for(&info, event);
        }
        let run_result = serde_json::json!({ "status": Status::Skipped });
        self.emitter.emit_for(&info, Event::NodeFinished { unique_id: step.unique_id.clone(), run_result });
        result
    }

    fn cancel(&self) {
        for conn_name in self.in_flight.cancel_all() {
            self.emitter.emit(Event::LogCancelLine { conn_name });
        }
    }

    fn failed_fast(&self, result: &NodeResult) {
        summary::failure(&self.emitter, self, result, true);
    }
}

impl NodeRun<'_, '_> {
    /// From the line that reports the start to the one that reports the result.
    fn work(&mut self, worker: &mut Worker, resource: Resource<'_>) -> NodeResult {
        let id = self.step.unique_id.clone();
        self.info.node_started_at = naive_timestamp(self.watch.started_at);
        self.say(Event::NodeStart { unique_id: id.clone() });
        self.start_line(resource);
        let executed = self.execute(worker, resource);
        let released = worker.release(self.run, &id);
        let executed = match (executed, take_escalated(), released) {
            (Ok(_), Some(error), _) | (Ok(_), None, Err(error)) => Err(error),
            (Err(refused), Some(error), _) if refused.code == ESCALATED_CODE => Err(error),
            (executed, ..) => executed,
        };
        let mut result = NodeResult::new(&id, Status::Success);
        let mut shown_sql = None;
        match executed {
            Ok(executed) => {
                result.status = executed.status;
                result.message = executed.message;
                result.adapter_response = executed.adapter_response;
                result.failures = executed.failures;
                result.table = executed.table;
                result.batch_results = executed.batch_results;
                result.overload_results = executed.overload_results;
                shown_sql = executed.shown_sql;
            }
            Err(error) => {
                let error = self.explained(*error, resource);
                let text = self.error_text(&error);
                let error_codes = vec![error.shown_code().to_owned()];
                self.say(Event::CatchableExceptionOnRun { exc: text.clone(), error_codes });
                result.status =
                    if self.step.action == Action::Freshness { Status::RuntimeError } else { Status::Error };
                result.message = Some(text);
                result.error = Some(Box::new(error));
            }
        }
        result.execution_time = self.watch.seconds();
        result.timing = std::mem::take(&mut self.watch.phases);
        match self.run.compiled(&id) {
            Some(compiled) => describe_code(&mut result, Resource::Node(&compiled.node)),
            None => describe_code(&mut result, resource),
        }
        if shown_sql.is_some() {
            result.compiled_code = shown_sql;
        }
        self.finish(&result, resource);
        result
    }

    fn finish(&mut self, result: &NodeResult, resource: Resource<'_>) {
        self.info.node_status = NodeStatus::Ended(result.status);
        self.info.node_finished_at = naive_timestamp(crate::clock::now());
        // What was cancelled counts as not run: the end of the run tells of it.
        if !(result.status.is_failure() && self.run.in_flight.is_cancelled()) {
            self.result_line(result, resource);
        }
        if self.run.is_marking(result.status) {
            self.say(Event::MarkSkippedChildren {
                unique_id: result.unique_id.clone(),
                status: result.status,
                reason: result.message.clone(),
            });
        }
        let run_result = serde_json::json!({
            "status": result.status,
            "message": result.message,
            "timing_info": result.timing,
            "thread": result.thread_id,
            "execution_time": result.execution_time,
            "adapter_response": result.adapter_response,
            "num_failures": result.failures,
        });
        self.say(Event::NodeFinished { unique_id: result.unique_id.clone(), run_result });
    }

    /// Gives the worker its connection and attempts the step, again after an error that may pass.
    fn execute(&mut self, worker: &mut Worker, resource: Resource<'_>) -> Result<Executed> {
        let run = self.run;
        if self.step.action != Action::Nothing {
            if run.inputs.options.introspection == Introspection::Allowed {
                worker.acquire(run, &self.step.unique_id, &self.info)?;
            } else {
                worker.acquire_offline(run, &self.step.unique_id);
            }
        }
        match resource {
            // each batch is tried again by itself
            Resource::Node(node)
                if self.step.action == Action::Materialize
                    && node.model().is_some()
                    && node.is_microbatch()
                    && self.runs_batches() =>
            {
                self.microbatch(worker)
            }
            // each file is tried again by itself
            Resource::Source(source) if self.step.action == Action::Load => self.load(worker, source),
            _ => self.with_retries(worker, |this, worker| this.attempt(worker, resource)),
        }
    }

    /// dbt: a project with a microbatch macro of its own has its models run whole, unless it wants batches.
    fn runs_batches(&self) -> bool {
        let inputs = self.run.inputs;
        inputs.options.behaviors.batches_of_custom_microbatch || !inputs.engine.is_replaced(MICROBATCH_MACRO)
    }

    /// One attempt at what the step does.
    fn attempt(&mut self, worker: &mut Worker, resource: Resource<'_>) -> Result<Executed> {
        match (resource, self.step.action) {
            (Resource::Node(_), Action::Render) => {
                let node = self.node()?;
                self.compile(worker, &node, HashMap::default())?;
                Ok(Executed::success(None))
            }
            (Resource::Node(_), Action::Compile) => {
                let node = self.node()?;
                if !matches!(node.kind, NodeKind::Seed { .. }) {
                    let compiled = self.compile(worker, &node, HashMap::default())?;
                    self.refuse_untraceable(worker, &compiled)?;
                }
                Ok(Executed::success(None))
            }
            (Resource::Node(_), Action::Show) => self.show(worker),
            (Resource::Node(_), Action::Test) => self.data_test(worker),
            (Resource::Node(_), Action::Materialize) => self.materialize(worker),
            (Resource::Node(_), Action::Clone) => self.clone_from_state(worker),
            (Resource::UnitTest(test), Action::UnitTest) => self.unit_test(worker, test),
            (Resource::Source(source), Action::Freshness) => self.freshness(worker, source),
            (_, Action::Nothing) => Ok(Executed {
                status: Status::NoOp,
                failures: Some(0),
                ..Executed::success(Some("NO-OP".to_owned()))
            }),
            _ => Ok(Executed::success(None)),
        }
    }

    /// The node of the step.
    fn node(&self) -> Result<Arc<Node>> {
        let manifest = self.run.manifest();
        let id = &self.step.unique_id;
        manifest.nodes.get(id).or_else(|| manifest.functions.get(id)).map(Arc::clone).ok_or_else(|| {
            Diagnostic::new("missing-node", Category::Internal, format!("`{id}` is not in the manifest"))
                .boxed()
        })
    }

    fn compile(
        &mut self,
        worker: &Worker,
        node: &Arc<Node>,
        values: HashMap<String, crate::jinja::Value>,
    ) -> Result<Arc<CompiledNode>> {
        self.info.node_status = NodeStatus::Compiling;
        self.say(Event::NodeCompiling { unique_id: node.unique_id.clone() });
        let run = self.run;
        self.watch.phase("compile", || run.compile(worker, node, Extra { values, batch: None }))
    }

    fn executing(&mut self) {
        self.info.node_status = NodeStatus::Executing;
        self.say(Event::NodeExecuting { unique_id: self.step.unique_id.clone() });
    }

    fn say(&self, event: Event) {
        self.run.emitter.emit_for(&self.info, event);
    }
}

impl Run<'_> {
    /// The statuses that skip what depends on a node.
    pub(super) fn marking(&self) -> &'static [Status] {
        match self.inputs.command {
            Command::Build => &[Status::Error, Status::Fail, Status::Skipped, Status::PartialSuccess],
            _ => &[Status::Error, Status::PartialSuccess],
        }
    }

    fn is_marking(&self, status: Status) -> bool {
        self.marking().contains(&status)
    }
}

/// Fills what `run_results.json` says about a node's code.
fn describe_code(result: &mut NodeResult, resource: Resource<'_>) {
    let Resource::Node(node) = resource else { return };
    if matches!(node.kind, NodeKind::Seed { .. }) {
        return;
    }
    result.compiled = Some(node.compiled.is_some());
    result.compiled_code =
        node.compiled.as_ref().and_then(|compiled| compiled.code.as_deref()).map(str::to_owned);
    result.relation_name.clone_from(&node.relation_name);
}
