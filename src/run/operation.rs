//! `run-operation`, and macros that are called without a node.

use std::sync::Arc;

use super::describe;
use super::emitter::NodeInfo;
use super::event::Event;
use super::inputs::RunInputs;
use super::interrupt::watched;
use super::node::Worker;
use super::node_timing::Watch;
use super::results::{NodeResult, RunResults, Status};
use super::state::{Run, sink};
use crate::adapter::{Begin, Fetch};
use crate::context::runtime::{NodeContext, NodeContextParts, Subject};
use crate::diagnostic::{Diagnostic, Result, SourceText, did_you_mean, render};
use crate::hashed::HashMap;
use crate::jinja::{Context, Value};

/// What `run-operation` runs.
#[derive(Debug, Clone)]
pub(crate) enum Operation {
    /// `macro` or `package.macro`, with its keyword arguments.
    Macro { name: String, arguments: Vec<(String, serde_json::Value)> },
    /// `--sql`
    Sql(String),
}

/// Runs a macro; an unknown one is an error, one that fails is a failed result.
pub(crate) fn run_operation(inputs: &RunInputs, operation: &Operation) -> Result<RunResults> {
    let run = Run::new(inputs);
    watched(&inputs.interrupt, &run.in_flight, || perform(&run, operation))
}

fn perform(run: &Run<'_>, operation: &Operation) -> Result<RunResults> {
    let inputs = run.inputs;
    inputs.emitter.emit(Event::FoundStats { stat_line: describe::found(run.manifest()) });
    let mut watch = Watch::start();
    watch.phase("compile", || ());
    let mut worker = Worker::new();
    let (unique_id, outcome) = match operation {
        Operation::Macro { name, arguments } => {
            let (package, bare) = match name.split_once('.') {
                Some((package, bare)) => (Some(package), bare),
                None => (None, name.as_str()),
            };
            let Some(definition) = inputs.engine.find_macro(bare, package) else {
                let known: Vec<&str> =
                    inputs.engine.macros().map(|definition| definition.name.as_str()).collect();
                return Err(Diagnostic::compilation(
                    "undefined-macro",
                    format!("dbt could not find a macro with the name '{bare}' in any package"),
                )
                .maybe_help(did_you_mean(bare, known))
                .boxed());
            };
            worker.acquire_named(run, &format!("macro_{bare}"))?;
            let outcome = watch.phase("execute", || {
                worker.step_outside()?;
                let context = run.operation_context(&worker);
                let keywords: Vec<(&str, Value)> = arguments
                    .iter()
                    .map(|(name, value)| (name.as_str(), crate::jinja::python::from_json(value)))
                    .collect();
                inputs.engine.execute_definition(&definition, &context, &[], &keywords).map(drop)
            });
            (definition.unique_id.clone(), outcome)
        }
        Operation::Sql(sql) => {
            worker.acquire_named(run, "sql")?;
            let outcome = watch.phase("execute", || {
                worker.step_outside()?;
                let context = run.operation_context(&worker);
                let sql = inputs.engine.render(&SourceText::new("--sql", sql.clone()), &context)?;
                worker.execute(&sql, Begin::No, Fetch::Nothing).map(drop)
            });
            ("operation.sql".to_owned(), outcome)
        }
    };
    let outcome = outcome.and_then(|()| worker.warn_of_open_transaction(&inputs.emitter, &unique_id));
    worker.release(run, "operation")?;
    let mut result = NodeResult::new(&unique_id, Status::Success);
    result.failures = Some(0);
    if let Err(error) = outcome {
        // what was cancelled has not failed
        if !inputs.interrupt.is_set() {
            let error_codes = vec![error.shown_code().to_owned()];
            inputs.emitter.emit(Event::RunningOperationCaughtError { exc: render(&error), error_codes });
        }
        result.status = Status::Error;
        result.failures = Some(1);
    }
    result.execution_time = watch.seconds();
    result.timing = watch.phases;
    let seconds = result.execution_time;
    let mut results = RunResults::new(vec![result], seconds);
    results.interrupted = inputs.interrupt.is_set();
    if inputs.options.write_json {
        results.write(&inputs.results_path, &inputs.invocation)?;
    }
    Ok(results)
}

impl Run<'_> {
    /// A context without a node.
    pub(super) fn operation_context(&self, worker: &Worker) -> Arc<dyn Context> {
        NodeContext::new(NodeContextParts {
            shared: Arc::clone(&self.inputs.shared),
            subject: Subject::Operation,
            unit_test: None,
            batch: None,
            extra: HashMap::default(),
            sink: sink(&self.emitter, None::<NodeInfo>),
            database: worker.names(),
        })
    }

    /// Calls a macro that is no node's.
    pub(super) fn call_operation(&self, worker: &Worker, name: &str, arguments: &[Value]) -> Result<Value> {
        let context = self.operation_context(worker);
        self.inputs.engine.execute_macro(name, &context, arguments)
    }

    /// The user's `query-comment` for one node.
    pub(super) fn custom_comment(&self, text: &str, unique_id: &str) -> Result<Option<String>> {
        let node = match self.manifest().resource(unique_id) {
            Some(crate::manifest::Resource::Node(node)) => {
                let mut fields = serde_json::to_value(node).unwrap_or_default();
                // what dbt's node has beside the fields of the manifest
                fields["identifier"] = node.alias.as_str().into();
                fields["search_name"] = node.search_name().into();
                fields["depends_on_nodes"] = node.depends_on.nodes.clone().into();
                fields["depends_on_macros"] = node.depends_on.macros.clone().into();
                crate::jinja::python::from_json(&fields)
            }
            _ => Value::from(()),
        };
        let context: Arc<dyn Context> = NodeContext::new(NodeContextParts {
            shared: Arc::clone(&self.inputs.shared),
            subject: Subject::Operation,
            unit_test: None,
            batch: None,
            extra: HashMap::from_iter([
                ("node".to_owned(), node),
                ("connection_name".to_owned(), Value::from(unique_id)),
            ]),
            sink: sink(&self.emitter, None),
            database: None,
        });
        let source = SourceText::new("dbt_project.yml", text);
        let rendered = self.inputs.engine.render_body(&source, &context)?;
        Ok(Some(rendered).filter(|text| !text.trim().is_empty()))
    }
}
