//! Unit tests: the model's query on given rows, its result compared with the expected rows.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::super::describe;
use super::super::ephemeral::Cte;
use super::super::inputs::Injection;
use super::super::results::Status;
use super::super::state::sink;
use super::super::table_diff::{Comparison, Row};
use super::compile::{add_once, finish};
use super::compiled_node::CompiledNode;
use super::{Executed, NodeRun, Worker};
use crate::context::objects::Table;
use crate::context::runtime::{CteTarget, NodeContext, NodeContextParts, Subject, UnitTestInputs};
use crate::diagnostic::{Diagnostic, Result, SourceText, Span, render_without_code};
use crate::hashed::HashMap;
use crate::jinja::python::{given, to_str};
use crate::jinja::{Context, Value};
use crate::manifest::{Config, Found, Node, NodeKind, RefArgs, Resource, UnitTest, UnitTestInput, Version};

/// An input: what it stands for, and its rows as a query.
struct Input {
    original: String,
    target: CteTarget,
    query: String,
}

impl NodeRun<'_, '_> {
    pub(super) fn unit_test(&mut self, worker: &mut Worker, test: &UnitTest) -> Result<Executed> {
        self.executing();
        let mut watch = std::mem::replace(&mut self.watch, super::Watch::start());
        watch.phase("compile", || ());
        let executed = watch.phase("execute", || self.run_unit_test(worker, test));
        self.watch = watch;
        executed
    }

    fn run_unit_test(&mut self, worker: &mut Worker, test: &UnitTest) -> Result<Executed> {
        let model = self.tested_model(test)?;
        let given = test.given.iter();
        let inputs: Vec<Input> =
            given.map(|given| self.input(&mut *worker, test, &model, given)).collect::<Result<_>>()?;
        let node = Arc::new(test_node(test, &model));
        let scope = Arc::new(unit_test_scope(test, &model, &inputs));
        let compiled = self.compile_unit_test(worker, &node, &scope, &inputs)?;
        let mut model = serde_json::to_value(&*compiled.node).unwrap_or_default();
        model["resource_type"] = "unit_test".into();
        let values = HashMap::from_iter([("model".to_owned(), crate::jinja::python::from_json(&model))]);
        let extra = super::compile::Extra { values, batch: None };
        let executed = self
            .run_materialization(worker, &compiled.node, extra, "unit")
            .map_err(|error| execution_error(test, &error))?;
        let Some(main) = worker.main_result() else {
            return Err(Diagnostic::runtime("no-main-statement", "the unit test gave no result").boxed());
        };
        let color = self.run.inputs.options.use_colors;
        Ok(match comparison(&main.table).difference(color) {
            None => Executed { status: Status::Pass, message: None, failures: Some(0), ..executed },
            Some(difference) => Executed {
                status: Status::Fail,
                message: Some(heading(&difference, color)),
                failures: Some(1),
                ..executed
            },
        })
    }

    fn tested_model(&self, test: &UnitTest) -> Result<Arc<Node>> {
        let model = test.depends_on.nodes.first().and_then(|id| self.run.manifest().nodes.get(id));
        model.map(Arc::clone).ok_or_else(|| {
            Diagnostic::parsing(
                "unit-test-without-model",
                format!("Unable to find model '{}' for unit test", test.model),
            )
            .boxed()
        })
    }

    /// Renders the rows of one input, with the types of the relation that it stands for.
    fn input(
        &self,
        worker: &mut Worker,
        test: &UnitTest,
        model: &Node,
        given: &UnitTestInput,
    ) -> Result<Input> {
        let original = self.original(test, model, &given.input)?;
        let shared = &self.run.inputs.shared;
        let (id, name, node) = match self.run.manifest().resource(&original) {
            Some(Resource::Node(node)) => (original.clone(), node.alias.clone(), Node::clone(node)),
            Some(Resource::Source(source)) => {
                let node = Node {
                    kind: NodeKind::Model(Box::default()),
                    name: source.name.clone(),
                    database: source.database.clone(),
                    schema: source.schema.clone(),
                    alias: source.identifier.clone(),
                    package_name: source.package_name.clone(),
                    unique_id: format!(
                        "model.{}.{}__{}",
                        source.package_name, source.source_name, source.name
                    ),
                    ..Node::default()
                };
                let name = format!("{}__{}", source.source_name, source.name);
                (node.unique_id.clone(), name, node)
            }
            _ => return Err(not_found(test, &given.input)),
        };
        let target = CteTarget { unique_id: id, name };
        if given.format == "sql" {
            let query = given.rows.as_ref().and_then(Json::as_str).unwrap_or_default().to_owned();
            return Ok(Input { original, target, query });
        }
        let home = shared.home_of(&model.config).output;
        // the model's own table may live elsewhere than its query runs
        let database =
            if original == model.unique_id { Some(worker.names_in(self.run, home)) } else { worker.names() };
        let node = Arc::new(Node { original_file_path: test.original_file_path.clone(), ..node });
        let context = NodeContext::new(NodeContextParts {
            shared: Arc::clone(shared),
            subject: Subject::Node(Arc::clone(&node)),
            unit_test: None,
            batch: None,
            extra: HashMap::default(),
            sink: sink(&self.run.emitter, Some(self.info.clone())),
            database,
        });
        let dynamic: Arc<dyn Context> = context;
        let rows = crate::jinja::python::from_json(given.rows.as_ref().unwrap_or(&json!([])));
        let arguments = [rows, Value::from(())];
        let query = self.run.inputs.engine.call_named("get_fixture_sql", &dynamic, &arguments, &[])?;
        Ok(Input { original, target, query: to_str(&query) })
    }

    /// The unique id that `ref('x')`, `source('x', 'y')` or `this` means.
    fn original(&self, test: &UnitTest, model: &Node, input: &str) -> Result<String> {
        let input = input.trim();
        if input == "this" {
            return Ok(model.unique_id.clone());
        }
        let lookup = &self.run.inputs.shared.lookup;
        let arguments = self.call_arguments(test, input)?;
        let found = match (input.split('(').next().map(str::trim), arguments.as_slice()) {
            (Some("ref"), [name]) => reference(lookup, model, None, name, None),
            (Some("ref"), [package, name]) => reference(lookup, model, Some(package), name, None),
            (Some("source"), [source, table]) => enabled(lookup.source(&model.package_name, source, table)),
            (Some("ref"), [package, name, version]) => {
                let package = Some(package).filter(|package| !package.is_empty());
                reference(lookup, model, package, name, Some(version))
            }
            _ => None,
        };
        found.ok_or_else(|| not_found(test, input))
    }

    /// The texts that a call like `ref('x', v=2)` is given; a version makes it `[package, name, version]`.
    fn call_arguments(&self, test: &UnitTest, call: &str) -> Result<Vec<String>> {
        let Some((_, arguments)) = call.split_once('(') else { return Ok(Vec::new()) };
        let arguments = arguments.trim_end().trim_end_matches(')');
        let source = SourceText::new(test.original_file_path.clone(), String::new());
        let span = Span::new(&source, 0..0);
        let shared = Arc::clone(&self.run.inputs.shared);
        let context: Arc<dyn Context> = NodeContext::new(NodeContextParts {
            shared,
            subject: Subject::Operation,
            unit_test: None,
            batch: None,
            extra: HashMap::default(),
            sink: Arc::new(|_| ()),
            database: None,
        });
        let mut texts = Vec::new();
        let mut version = None;
        for argument in arguments.split(',').map(str::trim).filter(|argument| !argument.is_empty()) {
            let named = ["version", "v"].iter().find_map(|name| {
                argument.strip_prefix(name).map(str::trim_start).and_then(|rest| rest.strip_prefix('='))
            });
            let value =
                self.run.inputs.engine.evaluate_expression(named.unwrap_or(argument), &span, &context)?;
            let text = to_str(&value);
            match named {
                Some(_) => version = Some(text),
                None => texts.push(text),
            }
        }
        if let Some(version) = version {
            if texts.len() == 1 {
                texts.insert(0, String::new());
            }
            texts.push(version);
        }
        Ok(texts)
    }

    /// The model's own code with the inputs as its CTEs.
    fn compile_unit_test(
        &self,
        worker: &Worker,
        node: &Arc<Node>,
        scope: &Arc<UnitTestInputs>,
        inputs: &[Input],
    ) -> Result<Arc<CompiledNode>> {
        let context = NodeContext::new(NodeContextParts {
            shared: Arc::clone(&self.run.inputs.shared),
            subject: Subject::Node(Arc::clone(node)),
            unit_test: Some(Arc::clone(scope)),
            batch: None,
            extra: HashMap::default(),
            sink: sink(
                &self.run.emitter,
                Some(describe::node_info(self.run.manifest(), Resource::Node(node))),
            ),
            database: worker.names(),
        });
        let dynamic: Arc<dyn Context> = Arc::<NodeContext>::clone(&context);
        let source = SourceText::new(node.original_file_path.clone(), &*node.raw_code);
        let code = self.run.inputs.engine.render(&source, &dynamic)?;
        let mut ctes = Vec::new();
        for id in context.ctes() {
            if let Some(input) = inputs.iter().find(|input| input.target.unique_id == id) {
                add_once(&mut ctes, Cte::new(&id, &input.target.name, &input.query));
            }
        }
        let mut compiled = finish(node, code, ctes, Injection::Full);
        let shared = &self.run.inputs.shared;
        let file = crate::context::runtime::NodeFile {
            package_name: &node.package_name,
            path: &node.path,
            original_file_path: &node.original_file_path,
            suffix: None,
        };
        let path = shared.write_path("compiled", &file);
        if let Some(code) = compiled.node.compiled.as_ref().and_then(|compiled| compiled.code.as_deref()) {
            shared.write(&path, code)?;
        }
        if let Some(node) = Arc::get_mut(&mut compiled.node) {
            node.compiled_path = Some(path.display().to_string());
        }
        let compiled = Arc::new(compiled);
        self.run.keep_compiled(&compiled);
        Ok(compiled)
    }
}

fn reference(
    lookup: &crate::manifest::Lookup,
    model: &Node,
    package: Option<&String>,
    name: &str,
    version: Option<&String>,
) -> Option<String> {
    let args = RefArgs {
        name: name.to_owned(),
        package: package.cloned(),
        version: version.map(|version| Version::from(version.as_str())),
    };
    enabled(lookup.reference(&model.package_name, &args).ok()?)
}

fn enabled(found: Found<'_>) -> Option<String> {
    match found {
        Found::Enabled(id) => Some(id.to_owned()),
        Found::Disabled(_) | Found::Missing => None,
    }
}

fn not_found(test: &UnitTest, input: &str) -> Box<Diagnostic> {
    Diagnostic::parsing(
        "unit-test-input",
        format!("Unit test '{}' had an input ({input}) which was not found in the manifest.", test.name),
    )
    .boxed()
}

/// The node that the test runs as: the model's code under the test's name.
fn test_node(test: &UnitTest, model: &Node) -> Node {
    let name = match model.version() {
        Some(version) => format!("{}_v{version}", test.name),
        None => test.name.clone(),
    };
    let mut config = Config::new();
    config.insert("materialized".into(), "unit".into());
    let (rows, sql) = match (&test.expect.rows, test.expect.format.as_str()) {
        (Some(sql), "sql") => (json!([]), sql.clone()),
        (Some(rows), _) => (rows.clone(), Json::Null),
        (None, _) => (json!([]), Json::Null),
    };
    config.insert("expected_rows".into(), rows);
    config.insert("expected_sql".into(), sql);
    Node {
        kind: NodeKind::SingularTest,
        name: name.clone(),
        package_name: test.package_name.clone(),
        path: match test.original_file_path.rsplit_once('/') {
            Some((folder, _)) => format!("{folder}/{name}.sql"),
            None => format!("{name}.sql"),
        },
        original_file_path: test.original_file_path.clone(),
        unique_id: test.unique_id.clone(),
        config: Arc::new(config),
        raw_code: Arc::clone(&model.raw_code),
        database: model.database.clone(),
        schema: model.schema.clone(),
        alias: name,
        fqn: test.unique_id.split('.').map(str::to_owned).collect(),
        depends_on: model.depends_on.clone(),
        ..Node::default()
    }
}

fn unit_test_scope(test: &UnitTest, model: &Node, inputs: &[Input]) -> UnitTestInputs {
    let overrides = test.overrides.clone().unwrap_or_default();
    UnitTestInputs {
        stand_ins: inputs.iter().map(|input| (input.original.clone(), input.target.clone())).collect(),
        this: inputs.iter().find(|input| input.original == model.unique_id).map(|input| input.target.clone()),
        vars: overrides.vars,
        env_vars: overrides.env_vars,
        macros: overrides.macros,
    }
}

fn execution_error(test: &UnitTest, error: &Diagnostic) -> Box<Diagnostic> {
    let mut failed = Diagnostic::runtime(
        error.code,
        format!(
            "An error occurred during execution of unit test '{}'. There may be an error in the unit test definition: \
             check the data types.\n {}",
            test.name,
            render_without_code(error)
        ),
    );
    // what may pass is told by the server's code; its place is one in the test's own query
    failed.server.clone_from(&error.server);
    if let Some(server) = &mut failed.server {
        server.offset = None;
    }
    failed.boxed()
}

/// Splits the result by its column `actual_or_expected`.
fn comparison(table: &Table) -> Comparison {
    let names: Vec<String> = table.column_names().map(str::to_lowercase).collect();
    let side = names.iter().position(|name| name == "actual_or_expected").unwrap_or(names.len());
    let kept = |at: &usize| *at != side;
    let columns = names.iter().enumerate().filter(|(at, _)| kept(at)).map(|(_, name)| name.clone()).collect();
    let mut comparison = Comparison { columns, ..Comparison::default() };
    for row in table.rows() {
        let values = row.values().iter().enumerate().filter(|(at, _)| kept(at));
        let cells: Row = values.map(|(_, value)| given(value).then(|| to_str(value))).collect();
        let expected = row.values().get(side).and_then(Value::as_str) == Some("expected");
        if expected { comparison.expected.push(cells) } else { comparison.actual.push(cells) }
    }
    comparison
}

fn heading(difference: &str, color: bool) -> String {
    let paint =
        |code: &str, text: &str| if color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() };
    format!("\n\n{} differs from {}:\n\n{difference}\n", paint("32", "actual"), paint("31", "expected"))
}
