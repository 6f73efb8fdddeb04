//! A whole run: prepare, hooks, the plan, hooks, results.

use std::fs::File;
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;

use super::event::Event;
use super::executor::{ExecutorOptions, Rendered, on_threads};
use super::hooks::HookPoint;
use super::inputs::{Command, Introspection, RunInputs};
use super::interrupt::watched;
use super::node::Worker;
use super::outputs::Output;
use super::plan::{Action, Plan, Step};
use super::results::{FreshnessResults, NodeResult, RunResults, Status, begun};
use super::state::Run;
use super::{describe, graph_summary, lock_waits, summary};
use crate::adapter::WorkerSession;
use crate::diagnostic::{Diagnostic, Result, render_without_code};
use crate::hashed::{HashMap, HashSet};
use crate::jinja::Value;
use crate::jinja::python::from_json;
use crate::manifest::{Node, Resource};

/// What a run leaves to its command.
pub(crate) struct Finished {
    pub results: RunResults,
    /// Only of a freshness check.
    pub freshness: Option<FreshnessResults>,
    /// The nodes as they were compiled, for the manifest.
    pub compiled: Vec<Arc<Node>>,
}

/// Follows the plan with everything around it. An error is one that ends the command with status 2.
pub(crate) fn execute(inputs: &RunInputs, plan: &Plan) -> Result<Finished> {
    let mut run = Run::new(inputs);
    let work = || watched(&inputs.interrupt, &run.in_flight, || run.carry_out(plan));
    let finished = lock_waits::measured(inputs, &run.in_flight, work, |finished| &mut finished.results);
    run.outputs.iter_mut().for_each(Output::hand_on);
    finished
}

/// How the end of the run is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Normal,
    Interrupted,
    Empty,
    Quiet,
}

impl Run<'_> {
    /// From the first line to the last.
    fn carry_out(&self, plan: &Plan) -> Result<Finished> {
        let inputs = self.inputs;
        inputs.emitter.emit(Event::FoundStats { stat_line: describe::found(self.manifest()) });
        if inputs.options.write_json {
            graph_summary::write(inputs)?;
        }
        if plan.steps.is_empty() && inputs.options.terms.done_before.is_empty() {
            let warning = "Nothing to do. Try checking your model configs and model specification args";
            inputs.emitter.warn(Diagnostic::warning("NothingToDo", warning))?;
            return self.close(plan, Vec::new(), 0.0, Ending::Empty);
        }
        inputs.emitter.emit(Event::formatting(""));
        inputs.emitter.emit(Event::ConcurrencyLine {
            num_threads: inputs.options.threads,
            target_name: inputs.profile.target.name.clone(),
            node_count: plan.counted(),
        });
        inputs.emitter.emit(Event::formatting(""));
        self.refuse_other_databases(plan)?;
        let begun = Instant::now();
        self.compile_macros_ahead(plan);
        let mut results = Vec::new();
        let mut master = Worker::new();
        self.lock_and_connect(&mut master, plan)?;
        let _at_work = self.note_that_it_begins()?;
        let prepared = self.prepare(&mut master, plan, &mut results);
        let ending = match prepared {
            _ if inputs.interrupt.is_set() => self.run_steps(plan, &mut results)?,
            Err(error) => {
                let seconds = begun.elapsed().as_secs_f64();
                self.close(plan, results, seconds, Ending::Quiet)?;
                return Err(error);
            }
            Ok(Status::Error) if inputs.options.behaviors.skip_nodes_if_on_run_start_fails => {
                self.skip_all(plan, &mut results);
                Ending::Normal
            }
            Ok(_) => self.run_steps(plan, &mut results)?,
        };
        let (ending, settled) = match ending {
            Ending::Normal => self.end(&mut master, &mut results)?,
            other => (other, Ok(())),
        };
        master.hand_on(self);
        let finished = self.close(plan, results, begun.elapsed().as_secs_f64(), ending)?;
        settled.map(|()| finished)
    }

    /// From here on, results that are there are those of an earlier run.
    fn note_that_it_begins(&self) -> Result<Option<File>> {
        let inputs = self.inputs;
        let is_retried =
            !matches!(inputs.command, Command::Compile | Command::Show { .. } | Command::Freshness);
        if !inputs.options.write_json || !is_retried {
            return Ok(None);
        }
        let command = inputs.invocation.args.get("invocation_command").and_then(serde_json::Value::as_str);
        begun::note(&inputs.results_path, command.unwrap_or_default(), inputs.invocation.started_at)
    }

    /// What comes after the nodes: what they left open is settled, then on-run-end runs. How the run ends, and an error of
    /// what was left open.
    fn end(&self, master: &mut Worker, results: &mut Vec<NodeResult>) -> Result<(Ending, Result<()>)> {
        let settled = self.close_open_ends(results);
        let hooks = self.on_run_end(master, results);
        let is_whole = settled.is_ok() && hooks.as_ref().is_ok_and(|status| *status == Status::Success);
        if self.inputs.interrupt.is_set() && !is_whole {
            return Ok((Ending::Interrupted, Ok(())));
        }
        // what the nodes came to is kept, too, where a hook could not even be compiled
        Ok(match hooks {
            Ok(_) => (Ending::Normal, settled),
            Err(problem) => (Ending::Quiet, Err(problem)),
        })
    }

    /// What comes before the nodes: schemas and the cache, then on-run-start. The status of its hooks.
    fn prepare(&self, master: &mut Worker, plan: &Plan, results: &mut Vec<NodeResult>) -> Result<Status> {
        let command = self.inputs.command;
        if self.inputs.options.introspection == Introspection::Allowed {
            self.with_retries("preparing the run", &|| true, || {
                let read = self.read_relations(master, plan);
                master.release(self, "master")?;
                read
            })?;
        }
        let wants_hooks =
            command != Command::Freshness || self.inputs.options.behaviors.source_freshness_run_project_hooks;
        if !command.has_hooks() || !wants_hooks {
            master.hand_over(self);
            return Ok(Status::Success);
        }
        let status = self.run_hooks(master, HookPoint::Start, &HashMap::default(), results)?;
        master.release(self, "master")?;
        if !self.has_hooks(HookPoint::End) {
            master.hand_over(self);
        }
        Ok(status)
    }

    /// Makes the schemas and reads what is in them.
    fn read_relations(&self, master: &mut Worker, plan: &Plan) -> Result<()> {
        for output in self.prepared_outputs(plan) {
            master.acquire_named_at(self, "master", output)?;
            self.read_relations_of(&master.adapter_at(self, output), plan, output)?;
        }
        Ok(())
    }

    fn read_relations_of(&self, adapter: &WorkerSession, plan: &Plan, output: usize) -> Result<()> {
        if self.inputs.command.creates_schemas() {
            adapter.with(|connection| {
                self.create_schemas(connection, plan, output, &mut |relation| {
                    let mut worker = Worker::new();
                    worker.create_schema(self, relation, output)
                })
            })?;
        }
        adapter.with(|connection| {
            self.populate_cache(connection, plan, output)?;
            connection.clear_transaction()
        })
    }

    /// The nodes, on threads.
    fn run_steps(&self, plan: &Plan, results: &mut Vec<NodeResult>) -> Result<Ending> {
        let mates = self.mates(plan);
        let options = ExecutorOptions {
            threads: self.inputs.options.threads,
            fail_fast: self.inputs.options.fail_fast || self.raises_first_error(),
            skipping: match self.inputs.options.introspection {
                Introspection::NothingExists => &[],
                _ => self.marking(),
            },
            interrupt: &self.inputs.interrupt,
            rendered: match self.inputs.command {
                Command::Compile if self.inputs.options.names_nodes => Rendered::All,
                _ if self.raises_first_error() => Rendered::Failed,
                _ => Rendered::None,
            },
            mates: &mates,
        };
        self.expect_loads(plan);
        let outcome = on_threads(plan, options, self);
        if !outcome.interrupted {
            self.in_flight.reopen();
        }
        if self.raises_first_error()
            && let Some(failed) = outcome.results.iter().find(|result| result.status == Status::Error)
        {
            // dbt: a node that cannot be compiled ends the command
            return Err(ended_by(failed).boxed());
        }
        if outcome.interrupted {
            let is_model = |step: &Step| step.unique_id.starts_with("model.");
            let kind = if plan.steps.iter().all(is_model) { "model" } else { "node" };
            summary::interrupted(&self.emitter, kind, outcome.cancelled, outcome.not_started);
        }
        results.extend(outcome.results);
        Ok(if outcome.interrupted { Ending::Interrupted } else { Ending::Normal })
    }

    pub(super) fn raises_first_error(&self) -> bool {
        // in memory, what can be compiled is
        self.inputs.options.introspection != Introspection::NothingExists
            && matches!(self.inputs.command, Command::Compile | Command::Show { .. })
    }

    /// A failed on-run-start skips all nodes, where the project says so.
    fn skip_all(&self, plan: &Plan, results: &mut Vec<NodeResult>) {
        let total = plan.counted();
        let counted = plan.steps.iter().filter(|step| step.is_counted());
        for (at, step) in counted.enumerate() {
            let Some(resource) = self.manifest().resource(&step.unique_id) else { continue };
            let schema = match resource {
                Resource::Node(node) => node.schema.clone(),
                _ => String::new(),
            };
            let event = Event::SkippingDetails {
                resource_type: resource.resource_type().to_string(),
                schema,
                node_name: resource.name().to_owned(),
                index: at + 1,
                total,
            };
            self.emitter.emit_for(&describe::node_info(self.manifest(), resource), event);
            results.push(NodeResult::new(&step.unique_id, Status::Skipped));
        }
    }

    /// The hooks of on-run-end, which see the results.
    fn on_run_end(&self, master: &mut Worker, results: &mut Vec<NodeResult>) -> Result<Status> {
        let command = self.inputs.command;
        let wants_hooks =
            command != Command::Freshness || self.inputs.options.behaviors.source_freshness_run_project_hooks;
        if !command.has_hooks() || !wants_hooks {
            return Ok(Status::Success);
        }
        let mut seen = HashSet::default();
        let mut pairs = Vec::new();
        let built = results
            .iter()
            .filter(|result| !matches!(result.status, Status::Error | Status::Fail | Status::Skipped))
            .map(|result| &result.unique_id);
        for unique_id in self.inputs.options.terms.done_before.iter().chain(built) {
            let Some(Resource::Node(node)) = self.manifest().resource(unique_id) else { continue };
            if node.is_relational() && seen.insert((node.database.clone(), node.schema.clone())) {
                pairs.push((node.database.clone().unwrap_or_default(), node.schema.clone()));
            }
        }
        let mut schemas: Vec<&str> = pairs.iter().map(|(_, schema)| schema.as_str()).collect();
        schemas.dedup();
        let tuple = |(database, schema): &(String, String)| {
            crate::jinja::python::tuple(vec![Value::from(database.as_str()), Value::from(schema.as_str())])
        };
        let visible =
            results.iter().filter(|result| result.thread_id != "main" || result.status == Status::Error);
        let values = HashMap::from_iter([
            ("schemas".to_owned(), from_json(&json!(schemas))),
            ("database_schemas".to_owned(), crate::jinja::python::list(pairs.iter().map(tuple).collect())),
            (
                "results".to_owned(),
                crate::jinja::python::list(visible.map(|result| self.result_value(result)).collect()),
            ),
        ]);
        let hooks = self.run_hooks(master, HookPoint::End, &values, results);
        master.release(self, "master")?;
        hooks
    }

    /// A result as `results` has it: its own fields and its node's.
    fn result_value(&self, result: &NodeResult) -> Value {
        let mut fields = serde_json::to_value(result).unwrap_or_default();
        let node = match self.compiled(&result.unique_id) {
            Some(compiled) => serde_json::to_value(&*compiled.node).unwrap_or_default(),
            None => match self.manifest().resource(&result.unique_id) {
                Some(Resource::Node(node)) => json!(node),
                Some(Resource::Source(source)) => json!(source),
                Some(Resource::UnitTest(test)) => json!(test),
                Some(Resource::Exposure(exposure)) => json!(exposure),
                _ => json!(null),
            },
        };
        fields["node"] = node;
        super::result_object::value(fields)
    }

    /// The artifact and the closing lines.
    fn close(
        &self,
        plan: &Plan,
        mut results: Vec<NodeResult>,
        seconds: f64,
        ending: Ending,
    ) -> Result<Finished> {
        let inputs = self.inputs;
        for result in &mut results {
            let exposure = result.unique_id.starts_with("exposure.");
            result.harmless_skip |= exposure;
        }
        if inputs.command.has_hooks() && ending != Ending::Empty && ending != Ending::Quiet {
            summary::finished(&self.emitter, self, &results, seconds);
        }
        let mut run_results = RunResults::new(results, seconds);
        run_results.interrupted = ending == Ending::Interrupted;
        let freshness = (inputs.command == Command::Freshness)
            .then(|| FreshnessResults::new(self.take_freshness(), seconds));
        if inputs.options.write_json {
            match &freshness {
                Some(freshness) => freshness.write(&inputs.results_path, &inputs.invocation)?,
                None => run_results.write(&inputs.results_path, &inputs.invocation)?,
            }
            self.emitter.emit(Event::ArtifactWritten {
                artifact_type: if freshness.is_some() { "FreshnessResult" } else { "RunExecutionResult" }
                    .to_owned(),
                artifact_path: inputs.results_path.display().to_string(),
            });
        }
        self.emitter.emit(Event::EndRunResult { elapsed_time: seconds, success: run_results.success() });
        match inputs.command {
            _ if matches!(ending, Ending::Empty | Ending::Quiet) => {}
            Command::Compile | Command::Show { .. } => {}
            Command::Freshness => {
                for result in &run_results.results {
                    if matches!(result.status, Status::Error | Status::RuntimeError) {
                        summary::failure(&self.emitter, self, result, true);
                    }
                }
                self.emitter.emit(Event::FreshnessCheckComplete {});
            }
            command => {
                if command == Command::Seed && inputs.options.keep_seed_rows {
                    summary::seeds(&self.emitter, self, &run_results.results);
                }
                summary::end(&self.emitter, self, &run_results.results, ending == Ending::Interrupted);
            }
        }
        debug_assert!(plan.steps.iter().all(|step| step.action != Action::Freshness) || freshness.is_some());
        Ok(Finished { results: run_results, freshness, compiled: self.take_compiled() })
    }
}

/// The error of a node as that of the command.
fn ended_by(failed: &NodeResult) -> Diagnostic {
    match &failed.error {
        Some(error) => Diagnostic {
            server: error.server.clone(),
            ..Diagnostic::runtime(error.code, render_without_code(error))
        },
        None => Diagnostic::runtime("node-failed", failed.message.clone().unwrap_or_default()),
    }
}
