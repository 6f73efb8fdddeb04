//! A model, seed, snapshot or function through its materialization macro.

use std::sync::Arc;

use serde_json::Value as Json;

use super::super::inputs::{Command, Introspection};
use super::compile::Extra;
use super::elsewhere::received;
use super::{CompiledNode, Executed, NodeRun, Worker};
use crate::context::BUILTIN_PACKAGE;
use crate::context::objects::Relation;
use crate::context::runtime::NodeContext;
use crate::diagnostic::{Category, Diagnostic, Result, did_you_mean};
use crate::hashed::HashMap;
use crate::jinja::python::{items_of, to_str};
use crate::jinja::{Context, MacroDef, MacroKind, Value};
use crate::manifest::{Compiled, Language, Node, NodeKind};

impl NodeRun<'_, '_> {
    pub(super) fn materialize(&mut self, worker: &mut Worker) -> Result<Executed> {
        let node = self.node()?;
        let seed = matches!(node.kind, NodeKind::Seed { .. });
        let (node, values) = if seed {
            (self.watch.phase("compile", || node), HashMap::default())
        } else {
            let compiled = self.compile(worker, &node, HashMap::default())?;
            received(worker, &compiled)
        };
        self.executing();
        let mut watch = std::mem::replace(&mut self.watch, super::Watch::start());
        let executed = watch.phase("execute", || {
            self.run_materialization(worker, &node, Extra { values, batch: None }, node.materialized())
        });
        self.watch = watch;
        executed
    }

    /// Calls the materialization's macro and reads what its `main` statement answered.
    pub(super) fn run_materialization(
        &mut self,
        worker: &mut Worker,
        node: &Arc<Node>,
        extra: Extra,
        name: &str,
    ) -> Result<Executed> {
        let run = self.run;
        let is_batch = extra.batch.is_some();
        let pointer = if is_batch { None } else { self.latest_version_pointer(worker, node)? };
        self.call_materialization(worker, node, extra, name)?;
        let Some(main) = worker.main_result() else {
            return Err(Diagnostic::runtime(
                "no-main-statement",
                "main is not being called during running model",
            )
            .help("a materialization runs its query in `{% call statement('main') %}`")
            .boxed());
        };
        let mut executed = Executed::of_response(&main.response);
        let shows = run.inputs.options.keep_seed_rows || matches!(run.inputs.command, Command::Show { .. });
        if shows && matches!(node.kind, NodeKind::Seed { .. }) {
            executed.table = worker.take_result("agate_table").map(|stored| stored.table);
        }
        if let Some(pointer) = pointer {
            self.make_pointer(worker, node, &pointer)?;
        }
        self.overloads(worker, node, &mut executed)?;
        Ok(executed)
    }

    /// What the macro says it has made is in the cache from then on.
    pub(super) fn call_materialization(
        &mut self,
        worker: &mut Worker,
        node: &Arc<Node>,
        extra: Extra,
        name: &str,
    ) -> Result<()> {
        let run = self.run;
        let context = run.context(worker, node, extra);
        let definition = self.materialization(name)?;
        check_language(&definition, node.language)?;
        let dynamic: Arc<dyn Context> = Arc::<NodeContext>::clone(&context);
        if matches!(node.kind, NodeKind::Model(_) | NodeKind::Seed { .. } | NodeKind::Snapshot) {
            worker.admit_writes(&run.inputs.shared.relation_of(node))?;
        }
        let stages = definition.package == BUILTIN_PACKAGE;
        if worker.crosses() && !stages {
            // what a project's own materialization reads is there when it begins
            run.inputs.engine.execute_macro("rsdbt_stage_rows", &dynamic, &[])?;
        }
        let returned = run.inputs.engine.call_macro(&definition, &dynamic, &[], &[]);
        self.build_path = context.build_path();
        let returned = returned?;
        if matches!(node.kind, NodeKind::Function(_)) {
            return Ok(());
        }
        worker.remember(&relations(&returned, name)?);
        Ok(())
    }

    /// A query that would consume rows that it cannot be traced to: whoever compiles it need not wait for a run to hear of it.
    pub(super) fn refuse_untraceable(&self, worker: &Worker, compiled: &CompiledNode) -> Result<()> {
        let inputs = self.run.inputs;
        let node = &compiled.node;
        let is_set = |config: &Json| !matches!(config, Json::Null | Json::Bool(false));
        let consumes = node.config.get("consume").is_some_and(is_set);
        if !consumes || inputs.options.introspection != Introspection::Allowed {
            return Ok(());
        }
        let context: Arc<dyn Context> = self.run.context(worker, node, Extra::default());
        let code = node.compiled.as_ref().and_then(|compiled| compiled.code.as_deref());
        let query = Value::from(code.unwrap_or_default());
        inputs.engine.execute_macro("rsdbt_refuse_untraceable", &context, &[query]).map(drop)
    }

    fn materialization(&self, name: &str) -> Result<Arc<MacroDef>> {
        self.run.inputs.engine.find_materialization(name, "postgres").ok_or_else(|| {
            let known: Vec<String> = self
                .run
                .inputs
                .engine
                .macros()
                .filter(|definition| matches!(definition.kind, MacroKind::Materialization { .. }))
                .map(|definition| definition.block.name.clone())
                .collect();
            Diagnostic::compilation(
                "missing-materialization",
                format!(
                    "No materialization '{name}' was found for adapter postgres! (searched types 'default' and 'postgres')"
                ),
            )
            .maybe_help(did_you_mean(name, known.iter().map(String::as_str)))
            .boxed()
        })
    }

    pub(super) fn clone_from_state(&mut self, worker: &mut Worker) -> Result<Executed> {
        let mut node = self.node()?;
        let shared = &self.run.inputs.shared;
        if let Some(original) = shared.defer.as_ref().and_then(|defer| defer.counterpart(&node.unique_id)) {
            let name =
                original.relation_name.clone().unwrap_or_else(|| shared.relation_of(original).render());
            let code = Some(Arc::from(format!("select * from {name}")));
            Arc::make_mut(&mut node).compiled = Some(Box::new(Compiled { code, ..Compiled::default() }));
        }
        self.executing();
        let mut watch = std::mem::replace(&mut self.watch, super::Watch::start());
        let executed = watch.phase("execute", || {
            let context = self.run.context(worker, &node, Extra::default());
            let definition = self.materialization("clone")?;
            worker.admit_writes(&shared.relation_of(&node))?;
            let dynamic: Arc<dyn Context> = Arc::<NodeContext>::clone(&context);
            let returned = self.run.inputs.engine.call_macro(&definition, &dynamic, &[], &[])?;
            worker.remember(&relations(&returned, "clone")?);
            Ok(match worker.main_result() {
                Some(main) => Executed::of_response(&main.response),
                None => Executed::success(Some("No-op".to_owned())),
            })
        });
        self.watch = watch;
        executed
    }
}

fn check_language(definition: &MacroDef, language: Language) -> Result<()> {
    let MacroKind::Materialization { supported_languages, .. } = &definition.kind else { return Ok(()) };
    let wanted = match language {
        Language::Sql => "sql",
        Language::Python => "python",
    };
    let only_sql = supported_languages.is_empty() && language == Language::Sql;
    if only_sql || supported_languages.iter().any(|supported| supported == wanted) {
        return Ok(());
    }
    let supported =
        if supported_languages.is_empty() { &["sql".to_owned()][..] } else { supported_languages };
    Err(Diagnostic::new(
        "unsupported-language",
        Category::Validation,
        format!(
            "Materialization \"{}\" only supports languages {supported:?}; got \"{wanted}\"",
            definition.name
        ),
    )
    .boxed())
}

/// The relations that a materialization returns: `{'relations': [..]}`.
fn relations(returned: &Value, name: &str) -> Result<Vec<Relation>> {
    let invalid = |what: String| Diagnostic::compilation("bad-materialization-result", what).boxed();
    if returned.as_str().is_some() {
        return Err(invalid(format!(
            "The materialization (\"{name}\") did not explicitly return a list of relations to add to the cache."
        )));
    }
    let list = returned.get_attr("relations").unwrap_or_default();
    if list.is_undefined() {
        return Err(invalid(format!(
            "Invalid return value from materialization, expected a dict with key \"relations\", got: {}",
            to_str(returned)
        )));
    }
    let items = items_of(&list).map_err(|_| {
        invalid(format!(
            "Invalid return value from materialization, \"relations\" not a list, got: {}",
            to_str(&list)
        ))
    })?;
    items
        .iter()
        .map(|item| {
            Relation::from_value(item).ok_or_else(|| {
                invalid(format!(
                    "Invalid return value from materialization, \"relations\" contains non-Relation: {}",
                    to_str(item)
                ))
            })
        })
        .collect()
}
