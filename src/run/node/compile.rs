//! From a node's raw code to the query that is sent: rendered, with the CTEs of ephemeral models, written
//! to `target/compiled`.

use std::sync::Arc;

use super::super::describe;
use super::super::ephemeral::{Cte, inject};
use super::super::event::Event;
use super::super::inputs::{Injection, Introspection};
use super::super::state::{Run, sink};
use super::compiled_node::CompiledNode;
use super::worker::Worker;
use crate::context::runtime::{
    BatchContext, Database, NodeContext, NodeContextParts, NodeFile, Subject, keep_condition,
};
use crate::diagnostic::{Diagnostic, Result, SourceText, Span};
use crate::hashed::HashMap;
use crate::jinja::{Context, Value};
use crate::manifest::{Compiled, InjectedCte, Language, Node, NodeKind, Resource};
use crate::parse;

/// Values that only this rendering sees.
#[derive(Default)]
pub(in crate::run) struct Extra {
    pub(in crate::run) values: HashMap<String, Value>,
    pub(in crate::run) batch: Option<BatchContext>,
}

impl Run<'_> {
    /// A context for one phase of a node's work.
    pub(in crate::run) fn context(
        &self,
        worker: &Worker,
        node: &Arc<Node>,
        extra: Extra,
    ) -> Arc<NodeContext> {
        self.context_with(worker.names(), node, extra)
    }

    fn context_with(
        &self,
        database: Option<Arc<dyn Database>>,
        node: &Arc<Node>,
        extra: Extra,
    ) -> Arc<NodeContext> {
        NodeContext::new(NodeContextParts {
            shared: Arc::clone(&self.inputs.shared),
            subject: Subject::Node(Arc::clone(node)),
            unit_test: None,
            batch: extra.batch,
            extra: extra.values,
            sink: sink(&self.emitter, Some(describe::node_info(self.manifest(), Resource::Node(node)))),
            database,
        })
    }

    /// Compiles a node and keeps the result for the manifest.
    pub(in crate::run) fn compile(
        &self,
        worker: &Worker,
        node: &Arc<Node>,
        extra: Extra,
    ) -> Result<Arc<CompiledNode>> {
        let suffix = extra.batch.as_ref().map(|batch| batch.label.clone());
        let mut extra = extra;
        let mut named_in_arguments = Vec::new();
        let mut called = Vec::new();
        if node.generic_test().is_some() {
            let bare = self.context_with(worker.names_of_query(), node, Extra::default());
            extra.values.insert(parse::KWARGS_NAME.into(), self.test_arguments(node, &bare)?);
            named_in_arguments = bare.ctes();
            called = bare.macros();
        }
        let context = self.context_with(worker.names_of_query(), node, extra);
        for unique_id in named_in_arguments {
            context.add_cte(&unique_id);
        }
        let mut compiled = self.render_with_ctes(worker, node, &context)?;
        if worker.crosses() {
            self.refuse_this(node, &compiled)?;
        }
        if let Some(done) = Arc::get_mut(&mut compiled.node) {
            if node.is_test() && self.stores_failures(node) && done.relation_name.is_none() {
                done.relation_name = Some(self.inputs.shared.relation_of(node).render());
            }
            for unique_id in called.iter().chain(&context.macros()) {
                done.depends_on.add_macro(unique_id);
            }
            self.resolve_foreign_keys(done, &context)?;
            self.write_compiled(done, suffix.as_deref())?;
        }
        let compiled = Arc::new(compiled);
        self.keep_compiled(&compiled);
        Ok(compiled)
    }

    /// Renders a node in its context, then puts the CTEs of the ephemeral models before it.
    pub(in crate::run) fn render_with_ctes(
        &self,
        worker: &Worker,
        node: &Arc<Node>,
        context: &Arc<NodeContext>,
    ) -> Result<CompiledNode> {
        let dynamic: Arc<dyn Context> = Arc::<NodeContext>::clone(context);
        let source = SourceText::new(node.original_file_path.clone(), &*node.raw_code);
        // dbt: Python of models is never rendered
        let own_code = match node.language {
            Language::Sql => self.inputs.engine.render(&source, &dynamic)?,
            Language::Python if node.model().is_some() => node.raw_code.to_string(),
            Language::Python => self.inputs.engine.render(&source, &dynamic)?,
        };
        let mut ctes = Vec::new();
        let mut conditions = context.conditions();
        for unique_id in context.ctes() {
            let inner = self.ephemeral(worker, &unique_id)?;
            for condition in &inner.conditions {
                keep_condition(&mut conditions, condition.clone())?;
            }
            for cte in &inner.ctes {
                add_once(&mut ctes, cte.clone());
            }
            add_once(&mut ctes, Cte::new(&unique_id, &inner.node.alias, &inner.own_code));
        }
        let injection = self.inputs.options.injection;
        Ok(CompiledNode { conditions, ..finish(node, own_code, ctes, injection) })
    }

    /// The ephemeral model of an id, compiled once for all that use it.
    fn ephemeral(&self, worker: &Worker, unique_id: &str) -> Result<Arc<CompiledNode>> {
        if let Some(compiled) = self.compiled(unique_id) {
            return Ok(compiled);
        }
        let Some(node) = self.manifest().nodes.get(unique_id) else {
            return Err(Diagnostic::runtime(
                "missing-cte",
                format!("During compilation, found a cte reference that could not be resolved: {unique_id}"),
            )
            .boxed());
        };
        self.compile(worker, node, Extra::default())
    }

    /// The arguments of a generic test, rendered natively.
    fn test_arguments(&self, node: &Arc<Node>, context: &Arc<NodeContext>) -> Result<Value> {
        let Some(part) = node.generic_test() else { return Ok(Value::UNDEFINED) };
        let dynamic: Arc<dyn Context> = Arc::<NodeContext>::clone(context);
        let source = SourceText::new(node.original_file_path.clone(), String::new());
        let span = Span::new(&source, 0..0);
        parse::render_arguments(&self.inputs.engine, &part.test_metadata.kwargs, &span, &dynamic)
    }

    /// `to: ref('x')` of a foreign key becomes the relation's name.
    fn resolve_foreign_keys(&self, node: &mut Node, context: &Arc<NodeContext>) -> Result<()> {
        let dynamic: Arc<dyn Context> = Arc::<NodeContext>::clone(context);
        let source = SourceText::new(node.original_file_path.clone(), String::new());
        let span = Span::new(&source, 0..0);
        let resolve = |to: &mut Option<String>| -> Result<()> {
            if let Some(expression) = to
                && (expression.trim_start().starts_with("ref(")
                    || expression.trim_start().starts_with("source("))
            {
                let value = self.inputs.engine.evaluate_expression(expression, &span, &dynamic)?;
                *to = Some(crate::jinja::python::to_str(&value));
            }
            Ok(())
        };
        for column in node.columns.values_mut() {
            for constraint in &mut column.constraints {
                resolve(&mut constraint.to)?;
            }
        }
        if let Some(part) = node.model_mut() {
            for constraint in &mut part.constraints {
                resolve(&mut constraint.to)?;
            }
        }
        Ok(())
    }

    fn write_compiled(&self, node: &mut Node, suffix: Option<&str>) -> Result<()> {
        let in_memory = self.inputs.options.introspection == Introspection::NothingExists;
        if in_memory || matches!(node.kind, NodeKind::Snapshot | NodeKind::Seed { .. }) {
            return Ok(());
        }
        self.emitter.emit(Event::WritingInjectedSQLForNode { unique_id: node.unique_id.clone() });
        let code = node.compiled.as_ref().and_then(|compiled| compiled.code.clone()).unwrap_or_default();
        if code.is_empty() {
            return Ok(());
        }
        let shared = &self.inputs.shared;
        let file = NodeFile {
            package_name: &node.package_name,
            path: &node.path,
            original_file_path: &node.original_file_path,
            suffix,
        };
        let path = shared.write_path("compiled", &file);
        shared.write(&path, &code)?;
        node.compiled_path = Some(path.display().to_string());
        Ok(())
    }
}

pub(in crate::run) fn finish(
    node: &Arc<Node>,
    own_code: String,
    ctes: Vec<Cte>,
    injection: Injection,
) -> CompiledNode {
    let injects = injection == Injection::Full;
    let code = if injects { inject(&own_code, &ctes) } else { own_code.clone() };
    let mut node = Node::clone(node);
    node.compiled = Some(Box::new(Compiled {
        code: Some(Arc::from(code)),
        extra_ctes_injected: injects,
        extra_ctes: ctes
            .iter()
            .map(|cte| InjectedCte { id: cte.unique_id.clone(), sql: cte.sql.clone() })
            .collect(),
    }));
    CompiledNode { node: Arc::new(node), own_code, ctes, conditions: Vec::new() }
}

pub(in crate::run) fn add_once(ctes: &mut Vec<Cte>, cte: Cte) {
    if !ctes.iter().any(|known| known.unique_id == cte.unique_id) {
        ctes.push(cte);
    }
}
