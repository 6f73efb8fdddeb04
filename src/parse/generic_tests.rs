//! Generic tests: a definition in a properties file and what it is attached to become a node.

use std::sync::Arc;

use serde_json::Value as Json;

use super::ParseRequest;
use super::draft::Draft;
use super::scope::Scopes;
use super::test_definition::{Definition, KWARGS_NAME};
use super::test_group::{Attached, TestGroup};
use super::test_name::{self, TestName};
use crate::config::{Yaml, holds_jinja};
use crate::context::BUILTIN_PACKAGE;
use crate::diagnostic::{Diagnostic, Result, Span};
use crate::jinja::{Context, python};
use crate::manifest::{GenericTestPart, Node, NodeKind, RefArgs, TestMetadata};

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
        let mut definition = Definition::read(self.request, self.scopes, group, test, column, warnings)?;
        let TestName { short, full } = definition.take_names(group);
        if short != full && definition.config.get("alias").is_none() {
            definition.config.insert("alias".to_owned(), short.clone().into());
        }
        let mut tags: Vec<String> = group.tags.iter().chain(column_tags).cloned().collect();
        tags.extend(definition.config.get("tags").map(listed).unwrap_or_default());
        tags.sort_unstable();
        tags.dedup();
        let node = self.node(group, &mut definition, (&short, &full), tags, column);
        let mut draft = self.render(node, &mut definition, group, warnings)?;
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
    fn render(
        &self,
        mut node: Node,
        definition: &mut Definition,
        group: &TestGroup,
        warnings: &mut Vec<Diagnostic>,
    ) -> Result<Draft> {
        let package = definition.namespace.as_deref().unwrap_or(&node.package_name);
        let test = self.request.engine.find_generic_test(&definition.name, package);
        match test {
            Some(test) => node.depends_on.add_macro(&test.unique_id),
            // it fails when it is run; a project may hold tests for other databases
            None if node.package_name == self.request.root_name() => {
                warnings.push(self.unknown_test(definition, group));
            }
            None => {}
        }
        // dbt: these two are so common that their rendering is spared
        let plain = test.is_some_and(|test| test.package == BUILTIN_PACKAGE)
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
        let mut recorded = scope.take_recorded();
        // dbt: what the arguments call does not count, but for that of `model`
        recorded.macros.retain(|id| id.ends_with(".get_where_subquery"));
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

    fn unknown_test(&self, definition: &Definition, group: &TestGroup) -> Diagnostic {
        let known: Vec<&str> = self
            .request
            .engine
            .macros()
            .filter_map(|definition| definition.name.strip_prefix("test_"))
            .collect();
        let full = match &definition.namespace {
            Some(namespace) => format!("{namespace}.{}", definition.name),
            None => definition.name.clone(),
        };
        let help = crate::diagnostic::did_you_mean(&definition.name, known);
        let help = help.unwrap_or_else(|| {
            format!("write a block `{{% test {} %}}`, or install the package that has it", definition.name)
        });
        Diagnostic::warning(
            "UnknownTest",
            format!("unknown generic test `{full}` of {}", group.attached.name()),
        )
        .label(definition.span.clone(), "")
        .help(help)
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
pub(crate) fn render_arguments<'n>(
    engine: &crate::context::Engine,
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
    engine: &crate::context::Engine,
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

fn listed(tags: &Json) -> Vec<String> {
    match tags {
        Json::String(tag) => vec![tag.clone()],
        Json::Array(items) => items.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}
