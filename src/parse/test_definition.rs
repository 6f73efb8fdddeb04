//! What a properties file says of one generic test: its name, the arguments of its macro and its config, wherever they
//! stand.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::ParseRequest;
use super::scope::Scopes;
use super::test_group::{Attached, TestGroup};
use super::test_name::{self, TestName};
use crate::config::{Yaml, holds_jinja};
use crate::context::Recorded;
use crate::diagnostic::{Diagnostic, Result, Span};
use crate::jinja::{Context, python};
use crate::options::behavior;

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
pub(crate) const KWARGS_NAME: &str = "_dbt_generic_test_kwargs";

/// A definition taken apart.
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) namespace: Option<String>,
    /// The macro's arguments, `column_name` and `model` among them, until the node has them.
    pub(super) arguments: Map<String, Json>,
    pub(super) config: Map<String, Json>,
    custom_name: Option<String>,
    pub(super) description: String,
    pub(super) span: Span,
}

impl Definition {
    pub(super) fn read(
        request: &ParseRequest<'_>,
        scopes: &Scopes,
        group: &TestGroup,
        test: &Yaml,
        column: Option<&str>,
        warnings: &mut Vec<Diagnostic>,
    ) -> Result<Self> {
        let (full_name, mut given, span) = split(test)?;
        let mut arguments = Map::with_capacity(given.len() + 2);
        let mut nested = None;
        if request.flags.follows(&behavior::REQUIRE_GENERIC_TEST_ARGUMENTS_PROPERTY) {
            nested = given.shift_remove("arguments");
            let has_arguments = nested.as_ref().and_then(Json::as_object).is_some_and(|all| !all.is_empty());
            warn_old_style(group, &full_name, &given, has_arguments, &span, warnings);
            // dbt: what is no argument of the macro may stand among the arguments all the same
            if let Some(Json::Object(nested)) = &mut nested {
                for key in CONFIG_ARGUMENTS.into_iter().chain(["config", "name", "description"]) {
                    if let Some(value) = nested.shift_remove(key) {
                        given.insert(key.to_owned(), value);
                    }
                }
            }
        } else if let Some(arguments) = given.get("arguments") {
            warnings.push(argument_of_that_name(group, &full_name, arguments, &span));
        }
        let config_block = given.shift_remove("config");
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
        let config = render_config(&config, request, scopes, group, &span)?;
        let (namespace, name) = parts(&full_name);
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

    pub(super) fn take_names(&mut self, group: &TestGroup) -> TestName {
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
    pub(super) fn raw_code(&self) -> String {
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

/// dbt: a test is named by the identifiers that its key begins with, whatever follows them.
fn parts(key: &str) -> (Option<String>, String) {
    let identifier = |text: &str| {
        let length = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
        text[..length].to_owned()
    };
    let (first, rest) = key.split_at(identifier(key).len());
    match rest.strip_prefix('.').map(identifier) {
        _ if first.is_empty() => (None, key.to_owned()),
        Some(name) if !name.is_empty() => (Some(first.to_owned()), name),
        _ => (None, first.to_owned()),
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

/// Without the flag `arguments` is an argument as any other.
fn argument_of_that_name(group: &TestGroup, name: &str, arguments: &Json, span: &Span) -> Diagnostic {
    let message = format!(
        "Found `arguments` property in test definition of `{name}` ({}) in `{}` without usage of \
         `require_generic_test_arguments_property` behavior change flag. The `arguments` property is deprecated for custom \
         usage and will be used to nest keyword arguments in future versions of dbt.",
        python::json_repr(arguments),
        group.place.file
    );
    Diagnostic::warning("ArgumentsPropertyInGenericTestDeprecation", message).label(span.clone(), "")
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
        !matches!(key.as_str(), "config" | "column_name" | "description" | "name")
            && !CONFIG_ARGUMENTS.contains(&key.as_str())
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

/// A config is read before there are nodes, and dbt knows no macros there.
fn refuse_macros(recorded: &Recorded, key: &str, group: &TestGroup, span: &Span) -> Result<()> {
    let uses_nodes = !(recorded.refs.is_empty() && recorded.sources.is_empty());
    if !uses_nodes && recorded.macros.is_empty() {
        return Ok(());
    }
    let what = if uses_nodes { "`ref()` or `source()`" } else { "a macro" };
    let message = format!(
        "Invalid generic test configuration: `{key}` of a test of {} calls {what}",
        group.attached.name()
    );
    Err(Diagnostic::compilation("test-config-macro", message)
        .label(span.clone(), "")
        .help("configs of tests see variables and the environment only: write a generic test of your own, whose SQL does it")
        .boxed())
}

fn render_config(
    config: &Map<String, Json>,
    request: &ParseRequest<'_>,
    scopes: &Scopes,
    group: &TestGroup,
    span: &Span,
) -> Result<Map<String, Json>> {
    let mut rendered = Map::new();
    for (key, value) in config {
        let value = match value {
            Json::String(text) if holds_jinja(text) => {
                let scope = Arc::new(scopes.package_scope(&group.place.package, ""));
                let context: Arc<dyn Context> = scope.clone();
                let value = request.engine.evaluate(text, span, &context)?;
                refuse_macros(&scope.take_recorded(), key, group, span)?;
                python::to_json(&value)
            }
            // what is rendered loses one line break at its end, as block texts of YAML have it
            Json::String(text) => text.strip_suffix('\n').unwrap_or(text).into(),
            other => other.clone(),
        };
        if !value.is_null() {
            rendered.insert(key.clone(), value);
        }
    }
    Ok(rendered)
}
