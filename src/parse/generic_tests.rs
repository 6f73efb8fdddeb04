//! Generic tests: a definition in a properties file and what it is attached to become a node.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::ParseRequest;
use super::draft::Draft;
use super::properties::{EntryTests, Place};
use super::scope::Scopes;
use super::test_name::{self, TestName};
use crate::config::{Yaml, holds_jinja};
use crate::diagnostic::{Diagnostic, Result, Span};
use crate::jinja::{BUILTIN_PACKAGE, Context, python};
use crate::manifest::{GenericTestPart, Node, NodeKind, RefArgs, TestMetadata, Version};

/// Test configs that may stand beside the arguments, as dbt had it before `config:`.
const CONFIG_ARGUMENTS: [&str; 14] = [
    "severity",
    "tags",
    "enabled",
    "where",
    "limit",
    "warn_if",
    "error_if",
    "fail_calc",
    "store_failures",
    "store_failures_as",
    "meta",
    "database",
    "schema",
    "alias",
];

/// The name under which a test's macro call finds its arguments.
pub const KWARGS_NAME: &str = "_dbt_generic_test_kwargs";

/// What tests are attached to.
#[derive(Debug, Clone)]
pub(super) enum Attached {
    Node { yaml_key: &'static str, name: String, version: Option<Version> },
    Source { source: String, table: String },
}

impl Attached {
    fn name(&self) -> String {
        match self {
            Self::Node { name, .. } => name.clone(),
            Self::Source { source, table } => format!("{source}_{table}"),
        }
    }

    /// The call that gives the test its relation.
    fn reference(&self) -> String {
        match self {
            Self::Node { name, version: Some(version), .. } => format!("ref('{name}', version='{version}')"),
            Self::Node { name, .. } => ["ref('", name, "')"].concat(),
            Self::Source { source, table } => format!("source('{source}', '{table}')"),
        }
    }

    fn file_key_name(&self) -> String {
        match self {
            Self::Node { yaml_key, name, .. } => [yaml_key, ".", name].concat(),
            Self::Source { source, .. } => format!("sources.{source}"),
        }
    }
}

/// One entry's tests and everything that is needed to make nodes of them.
#[derive(Debug)]
pub(super) struct TestGroup {
    pub(super) place: Place,
    pub(super) attached: Attached,
    pub(super) tests: EntryTests,
    /// Tags of the source and the table.
    pub(super) tags: Vec<String>,
    /// The node, and its group, where it is known.
    pub(super) attached_node: Option<String>,
    pub(super) group: Option<String>,
}

pub(super) struct TestMaker<'a> {
    pub(super) request: &'a ParseRequest<'a>,
    pub(super) scopes: &'a Scopes,
}

impl TestMaker<'_> {
    /// The drafts of all tests of an entry, column by column, then those of the whole.
    pub(super) fn drafts(&self, group: &TestGroup, warnings: &mut Vec<Diagnostic>) -> Result<Vec<Draft>> {
        let mut drafts = Vec::new();
        for column in &group.tests.columns {
            let quoted = column.quote.or(group.tests.quote_columns).unwrap_or(false);
            let name =
                if quoted { crate::adapter::quote_identifier(&column.name) } else { column.name.clone() };
            for test in &column.tests {
                drafts.push(self.draft(group, test, Some(&name), &column.tags, warnings)?);
            }
        }
        for test in &group.tests.tests {
            drafts.push(self.draft(group, test, None, &[], warnings)?);
        }
        Ok(drafts)
    }

    fn draft(
        &self,
        group: &TestGroup,
        test: &Yaml,
        column: Option<&str>,
        column_tags: &[String],
        warnings: &mut Vec<Diagnostic>,
    ) -> Result<Draft> {
        let mut definition = Definition::read(group, test, column, self, warnings)?;
        let TestName { short, full } = definition.take_names(group);
        if short != full && definition.config.get("alias").is_none() {
            definition.config.insert("alias".to_owned(), short.clone().into());
        }
        let mut tags: Vec<String> = group.tags.iter().chain(column_tags).cloned().collect();
        tags.extend(definition.config.get("tags").map(listed).unwrap_or_default());
        tags.sort_unstable();
        tags.dedup();
        let node = self.node(group, &mut definition, (&short, &full), tags, column);
        let mut draft = self.render(node, &mut definition, group)?;
        draft.patched_at = Some(definition.span);
        Ok(draft)
    }

    fn node(
        &self,
        group: &TestGroup,
        definition: &mut Definition,
        (short, full): (&str, &str),
        tags: Vec<String>,
        column: Option<&str>,
    ) -> Node {
        let metadata = TestMetadata {
            name: definition.name.clone(),
            kwargs: std::mem::take(&mut definition.arguments),
            namespace: definition.namespace.clone(),
        };
        let package = &group.place.package;
        let folders = fqn_folders(&group.place.file);
        let mut fqn = Vec::with_capacity(folders.len() + 2);
        fqn.push(package.clone());
        fqn.extend(folders);
        fqn.push(full.to_owned());
        Node {
            unique_id: ["test.", package, ".", full, ".", &test_name::id_hash(full, &metadata)].concat(),
            kind: NodeKind::GenericTest(Box::new(GenericTestPart {
                column_name: column.map(str::to_owned),
                file_key_name: Some(group.attached.file_key_name()),
                attached_node: group.attached_node.clone(),
                test_metadata: metadata,
            })),
            name: full.to_owned(),
            alias: full.to_owned(),
            path: [short, ".sql"].concat(),
            package_name: package.clone(),
            original_file_path: group.place.file.clone(),
            fqn,
            tags,
            description: definition.description.clone(),
            raw_code: Arc::from(definition.raw_code()),
            group: group.group.clone(),
            schema: self.request.target.schema.clone(),
            database: Some(self.request.target.database.clone()),
            created_at: self.request.now,
            ..Node::default()
        }
    }

    /// Finds the macro, and what the arguments and the macro refer to.
    fn render(&self, mut node: Node, definition: &mut Definition, group: &TestGroup) -> Result<Draft> {
        let package = definition.namespace.as_deref().unwrap_or(&node.package_name);
        let Some(test) = self.request.engine.find_generic_test(&definition.name, package) else {
            return Err(self.unknown_test(definition, group));
        };
        node.depends_on.add_macro(&test.unique_id);
        // dbt: these two are so common that their rendering is spared
        let plain = test.package == BUILTIN_PACKAGE
            && matches!(definition.name.as_str(), "unique" | "not_null")
            && arguments(&node).all(|(_, value)| !value.as_str().is_some_and(is_call));
        if plain {
            match &group.attached {
                Attached::Node { name, version, .. } => {
                    node.refs = vec![RefArgs { name: name.clone(), package: None, version: version.clone() }];
                }
                Attached::Source { source, table } => {
                    node.sources = vec![vec![source.clone(), table.clone()]];
                }
            }
            let mut draft = Draft::new(node, None);
            draft.calls = std::mem::take(&mut definition.config).into();
            return Ok(draft);
        }
        let node = Arc::new(node);
        let scope = Arc::new(self.scopes.of_node(&node));
        let context: Arc<dyn Context> = scope.clone();
        let kwargs = render_arguments(self.request.engine, arguments(&node), &definition.span, &context)?;
        let recorded = scope.take_recorded();
        let inner = Arc::new(self.scopes.of_node(&node).with(KWARGS_NAME, kwargs));
        let inner_context: Arc<dyn Context> = inner.clone();
        self.request.engine.render_text(&node.raw_code, &definition.span, &inner_context)?;
        let body = inner.take_recorded();
        drop((context, scope, inner_context, inner));
        let mut draft = Draft::new(node, None);
        draft.calls = std::mem::take(&mut definition.config).into();
        draft.absorb(recorded)?;
        draft.absorb(body)?;
        Ok(draft)
    }

    fn unknown_test(&self, definition: &Definition, group: &TestGroup) -> Box<Diagnostic> {
        let full = match &definition.namespace {
            Some(namespace) => format!("{namespace}.test_{}", definition.name),
            None => format!("test_{}", definition.name),
        };
        let known: Vec<String> = self
            .request
            .engine
            .macros()
            .filter_map(|definition| definition.name.strip_prefix("test_").map(str::to_owned))
            .collect();
        Diagnostic::compilation("undefined-test", format!("'{full}' is undefined"))
            .subject(format!("test of {} ({})", group.attached.name(), group.place.file))
            .label(definition.span.clone(), "no generic test has this name")
            .maybe_help(crate::diagnostic::did_you_mean(&definition.name, known.iter().map(String::as_str)))
            .boxed()
    }
}

/// The arguments of a test's macro.
fn arguments(node: &Node) -> impl Iterator<Item = (&String, &Json)> {
    node.generic_test().into_iter().flat_map(|test| &test.test_metadata.kwargs)
}

/// The folders of a properties file below `models/`.
fn fqn_folders(file: &str) -> Vec<String> {
    let mut parts: Vec<String> = file.split('/').skip(1).map(str::to_owned).collect();
    parts.pop();
    parts
}

/// Renders a test's arguments natively; a bare `ref('x')` counts as Jinja.
pub fn render_arguments<'n>(
    engine: &crate::jinja::Engine,
    arguments: impl IntoIterator<Item = (&'n String, &'n Json)>,
    span: &Span,
    context: &Arc<dyn Context>,
) -> Result<crate::jinja::Value> {
    let mut rendered = Vec::new();
    for (name, value) in arguments {
        let value = match value {
            Json::String(text) if name == "column_name" => {
                crate::jinja::Value::from(engine.render_text(text, span, context)?)
            }
            value => render_argument(engine, value, span, context)?,
        };
        rendered.push((crate::jinja::Value::from(name.as_str()), value));
    }
    Ok(python::dict(rendered))
}

fn render_argument(
    engine: &crate::jinja::Engine,
    value: &Json,
    span: &Span,
    context: &Arc<dyn Context>,
) -> Result<crate::jinja::Value> {
    match value {
        Json::String(text) if is_call(text) => {
            engine.evaluate(&format!("{{{{ {} }}}}", text.trim()), span, context)
        }
        Json::String(text) if holds_jinja(text) => engine.evaluate(text, span, context),
        Json::Array(items) => {
            let items: Result<Vec<_>> =
                items.iter().map(|item| render_argument(engine, item, span, context)).collect();
            Ok(python::list(items?))
        }
        Json::Object(map) => {
            let mut pairs = Vec::with_capacity(map.len());
            for (key, item) in map {
                let item = render_argument(engine, item, span, context)?;
                pairs.push((crate::jinja::Value::from(key.as_str()), item));
            }
            Ok(python::dict(pairs))
        }
        other => Ok(python::from_json(other)),
    }
}

/// Whether a text is a call that dbt renders although it has no braces.
fn is_call(text: &str) -> bool {
    let text = text.trim();
    text.ends_with(')')
        && ["env_var", "ref", "var", "source", "doc"].iter().any(|name| {
            text.strip_prefix(name).is_some_and(|rest| {
                let rest = rest.trim_start();
                rest.starts_with('(') && rest.len() > 2
            })
        })
}

/// A definition taken apart.
struct Definition {
    name: String,
    namespace: Option<String>,
    /// The macro's arguments, `column_name` and `model` among them, until the node has them.
    arguments: Map<String, Json>,
    config: Map<String, Json>,
    custom_name: Option<String>,
    description: String,
    span: Span,
}

impl Definition {
    fn read(
        group: &TestGroup,
        test: &Yaml,
        column: Option<&str>,
        maker: &TestMaker<'_>,
        warnings: &mut Vec<Diagnostic>,
    ) -> Result<Self> {
        let (full_name, mut given, span) = split(test)?;
        let mut arguments = Map::with_capacity(given.len() + 2);
        let nested = given.shift_remove("arguments");
        let config_block = given.shift_remove("config");
        warn_old_style(group, &full_name, &given, nested.is_some(), &span, warnings);
        let mut config = Map::new();
        let mut block = match config_block {
            Some(Json::Object(block)) => block,
            _ => Map::new(),
        };
        for key in CONFIG_ARGUMENTS {
            let legacy = given.shift_remove(key).filter(|value| !value.is_null());
            if legacy.is_some() && block.contains_key(key) {
                return Err(Diagnostic::compilation(
                    "test-config-twice",
                    format!("Test cannot have the same key at the top-level and in config: `{key}`"),
                )
                .label(span, "")
                .help("keep the one under `config`")
                .boxed());
            }
            if let Some(value) = legacy.or_else(|| block.shift_remove(key)).filter(|value| !value.is_null()) {
                config.insert(key.to_owned(), value);
            }
        }
        config.extend(block);
        let description = take_text(&mut given, "description");
        let custom_name = take_text(&mut given, "name");
        arguments.extend(given);
        if let Some(column) = column {
            arguments.insert("column_name".to_owned(), column.into());
        }
        if let Some(Json::Object(nested)) = nested {
            arguments.extend(nested);
        }
        if arguments.contains_key("model") {
            return Err(Diagnostic::compilation(
                "test-argument-model",
                "Test arguments include \"model\", which is a reserved argument",
            )
            .label(span, "")
            .help("rename the macro's argument: `model` is the relation under test")
            .boxed());
        }
        let model = ["{{ get_where_subquery(", &group.attached.reference(), ") }}"].concat();
        arguments.insert("model".to_owned(), model.into());
        let config = render_config(&config, maker, group, &span)?;
        let (namespace, name) = match full_name.split_once('.') {
            Some((namespace, name)) => (Some(namespace.to_owned()), name.to_owned()),
            None => (None, full_name),
        };
        Ok(Self {
            name,
            namespace,
            arguments,
            config,
            custom_name,
            description: description.unwrap_or_default(),
            span,
        })
    }

    fn take_names(&mut self, group: &TestGroup) -> TestName {
        if let Some(name) = self.custom_name.take() {
            return TestName { short: name.clone(), full: name };
        }
        let mut kind = match group.attached {
            Attached::Source { .. } => format!("source_{}", self.name),
            Attached::Node { .. } => self.name.clone(),
        };
        if let Some(namespace) = &self.namespace {
            kind = format!("{namespace}_{kind}");
        }
        let target = match &group.attached {
            Attached::Node { name, version: Some(version), .. } => format!("{name}_v{version}"),
            other => other.name(),
        };
        test_name::synthesize(&kind, &target, &self.arguments)
    }

    /// The code that runs the test, as dbt writes it.
    fn raw_code(&self) -> String {
        let macro_name = match &self.namespace {
            Some(namespace) => format!("{namespace}.test_{}", self.name),
            None => ["test_", &self.name].concat(),
        };
        let configs: Vec<String> = self
            .config
            .iter()
            .map(|(key, value)| match value {
                Json::String(text) => format!("{key}=\"{}\"", text.replace('"', "\\\"")),
                other => format!("{key}={}", python::json_repr(other)),
            })
            .collect();
        let call = ["{{ ", &macro_name, "(**", KWARGS_NAME, ") }}"].concat();
        if configs.is_empty() { call } else { format!("{call}{{{{ config({}) }}}}", configs.join(",")) }
    }
}

/// The test's name and everything beside it.
fn split(test: &Yaml) -> Result<(String, Map<String, Json>, Span)> {
    let span = test.span();
    if let Some(name) = test.as_str() {
        return Ok((name.to_owned(), Map::new(), span));
    }
    let mut given = test.as_mapping().map(crate::config::Mapping::to_json).unwrap_or_default();
    if let Some(name) = given.shift_remove("test_name") {
        let place = test.get("test_name").map_or(span, Yaml::span);
        return match name {
            Json::String(name) => Ok((name, given, place)),
            other => Err(Diagnostic::parsing(
                "test-name-type",
                format!("test name must be a str, got {} (value {other})", kind_of(&other)),
            )
            .label(place, "")
            .boxed()),
        };
    }
    let entry = match test.as_mapping() {
        Some(mapping) if mapping.len() == 1 => mapping.iter().next(),
        _ => None,
    };
    let Some(entry) = entry else {
        return Err(Diagnostic::parsing(
            "test-definition",
            "test definition dictionary must have exactly one key, the name of the test",
        )
        .label(span, "")
        .help("indent the arguments below the test's name: `- accepted_values:` and below it `arguments:`")
        .boxed());
    };
    match entry.value.to_json() {
        Json::Object(arguments) => Ok((entry.key.clone(), arguments, entry.key_span())),
        Json::Null => Ok((entry.key.clone(), Map::new(), entry.key_span())),
        other => Err(Diagnostic::parsing(
            "test-arguments-type",
            format!("test arguments must be a dict, got {} (value {other})", kind_of(&other)),
        )
        .label(entry.value.span(), "")
        .help(format!("write the arguments of `{}` as a mapping", entry.key))
        .boxed()),
    }
}

fn kind_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "NoneType",
        Json::Bool(_) => "bool",
        Json::Number(_) => "number",
        Json::String(_) => "str",
        Json::Array(_) => "list",
        Json::Object(_) => "dict",
    }
}

fn take_text(given: &mut Map<String, Json>, key: &str) -> Option<String> {
    match given.shift_remove(key) {
        Some(Json::String(text)) => Some(text),
        Some(Json::Null) | None => None,
        Some(other) => Some(python::json_repr(&other)),
    }
}

fn listed(tags: &Json) -> Vec<String> {
    match tags {
        Json::String(tag) => vec![tag.clone()],
        Json::Array(items) => items.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// dbt's deprecations of arguments and configs at the top level.
fn warn_old_style(
    group: &TestGroup,
    name: &str,
    given: &Map<String, Json>,
    has_arguments: bool,
    span: &Span,
    warnings: &mut Vec<Diagnostic>,
) {
    let file = &group.place.file;
    for key in given.keys().filter(|key| CONFIG_ARGUMENTS.contains(&key.as_str())) {
        warnings.push(
            Diagnostic::warning(
                "PropertyMovedToConfigDeprecation",
                format!(
                    "Found `{key}` as a top-level property of `data_tests.{name}.{key}` in file `{file}`. \
                     The `{key}` top-level property should be moved into the `config` of `data_tests.{name}.{key}`."
                ),
            )
            .label(span.clone(), ""),
        );
    }
    let is_argument = |key: &String| {
        !matches!(key.as_str(), "description" | "name") && !CONFIG_ARGUMENTS.contains(&key.as_str())
    };
    if !has_arguments && given.keys().any(is_argument) {
        warnings.push(
            Diagnostic::warning(
                "MissingArgumentsPropertyInGenericTestDeprecation",
                format!(
                    "Found top-level arguments to test `{name}` defined on '{}' in package '{}' ({file}). \
                     Arguments to generic tests should be nested under the `arguments` property.",
                    group.attached.name(),
                    group.place.package,
                ),
            )
            .label(span.clone(), ""),
        );
    }
}

fn render_config(
    config: &Map<String, Json>,
    maker: &TestMaker<'_>,
    group: &TestGroup,
    span: &Span,
) -> Result<Map<String, Json>> {
    let mut rendered = Map::new();
    for (key, value) in config {
        let value = match value {
            Json::String(text) if holds_jinja(text) => {
                let context = maker.scopes.of_package(&group.place.package, "");
                let value = maker.request.engine.evaluate(text, span, &context)?;
                python::to_json(&value)
            }
            other => other.clone(),
        };
        if !value.is_null() {
            rendered.insert(key.clone(), value);
        }
    }
    Ok(rendered)
}
