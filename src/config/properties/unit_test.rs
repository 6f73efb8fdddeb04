//! Unit tests.

use serde_json::{Map, Value as Json};

use super::{PropertyKind, known_keys};
use crate::config::{Fields, Yaml};
use crate::diagnostic::{Diagnostic, Result, Span, did_you_mean};

/// How the rows of a fixture are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FixtureFormat {
    Dict,
    Csv,
    Sql,
}

impl FixtureFormat {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Dict => "dict",
            Self::Csv => "csv",
            Self::Sql => "sql",
        }
    }
}

/// Rows that are given or expected.
#[derive(Debug, Clone)]
pub(crate) struct Fixture {
    /// `ref('x')`, `source('a', 'b')` or `this`; absent for what is expected.
    pub input: Option<String>,
    pub format: FixtureFormat,
    /// A list of mappings, or the text of a CSV or of a query.
    pub rows: Option<Json>,
    /// The name of a file in `tests/fixtures`.
    pub fixture: Option<String>,
    pub span: Span,
}

/// One entry of `unit_tests:`.
#[derive(Debug, Clone)]
pub(crate) struct UnitTestProperties {
    pub name: String,
    pub model: String,
    pub model_span: Span,
    pub description: String,
    pub given: Vec<Fixture>,
    pub expect: Fixture,
    pub macros: Map<String, Json>,
    pub vars: Map<String, Json>,
    pub env_vars: Map<String, Json>,
    /// Whether `overrides:` is there at all: the manifest writes null otherwise.
    pub has_overrides: bool,
    pub has_versions: bool,
    pub config: Map<String, Json>,
    /// `versions: {include: [..]}` or `{exclude: [..]}`.
    pub include_versions: Option<Vec<Json>>,
    pub exclude_versions: Option<Vec<Json>>,
}

impl UnitTestProperties {
    pub(crate) fn read(yaml: &Yaml, warnings: &mut Vec<Diagnostic>) -> Result<Self> {
        Self::read_entry(yaml, warnings).map_err(|problem| PropertyKind::UnitTests.invalid(yaml, problem))
    }

    fn read_entry(yaml: &Yaml, warnings: &mut Vec<Diagnostic>) -> Result<Self> {
        let test = Fields::named(yaml, "unit test")?;
        test.warn_unknown(known_keys::UNIT_TEST, warnings);
        let model = test.get("model").ok_or_else(|| required(&test, "model"))?;
        let expect = test.nested("expect")?.ok_or_else(|| required(&test, "expect"))?;
        if test.get("given").is_none() {
            return Err(Box::new(required(&test, "given")));
        }
        let overrides = test.nested("overrides")?;
        let part = |key: &str| -> Result<Map<String, Json>> {
            let Some(overrides) = overrides else { return Ok(Map::new()) };
            Ok(Fields::new(overrides, "overrides", "")?.object(key)?.unwrap_or_default())
        };
        let versions = test.nested("versions")?;
        let given =
            |key: &str| versions.and_then(|versions| versions.get(key)).filter(|list| !list.is_null());
        let list = |key: &str| given(key).map(versions_list);
        let (include, exclude) = (list("include"), list("exclude"));
        if let (Some(place), Some(_), Some(_)) = (versions, &include, &exclude) {
            return Err(Diagnostic::parsing(
                "unit-test-versions",
                "Unit tests can not both include and exclude versions.",
            )
            .label(place.span(), "")
            .boxed());
        }
        Ok(Self {
            name: test.name().to_owned(),
            model: model.expect_str(&format!("`model` of {test}"))?.to_owned(),
            model_span: model.span(),
            description: test.string_or_empty("description")?,
            given: test
                .list("given")?
                .iter()
                .map(|given| Fixture::read(given, &test))
                .collect::<Result<_>>()?,
            expect: Fixture::read(expect, &test)?,
            macros: part("macros")?,
            vars: part("vars")?,
            env_vars: part("env_vars")?,
            has_overrides: overrides.is_some(),
            has_versions: versions.is_some(),
            config: test.object("config")?.unwrap_or_default(),
            include_versions: include,
            exclude_versions: exclude,
        })
    }
}

fn versions_list(yaml: &Yaml) -> Vec<Json> {
    match yaml.as_sequence() {
        Some(items) => items.iter().map(Yaml::to_json).collect(),
        None => vec![yaml.to_json()],
    }
}

fn required(test: &Fields<'_>, key: &str) -> Diagnostic {
    Diagnostic::parsing("unit-test-shape", format!("'{key}' is a required property of {test}"))
        .label(test.yaml.span(), "")
        .help("a unit test has `model`, `given` and `expect`")
}

impl Fixture {
    fn read(yaml: &Yaml, test: &Fields<'_>) -> Result<Self> {
        let fields = Fields::new(yaml, "fixture of unit test", test.name())?;
        let format = match fields.string("format")?.as_deref() {
            None | Some("dict") => FixtureFormat::Dict,
            Some("csv") => FixtureFormat::Csv,
            Some("sql") => FixtureFormat::Sql,
            Some(other) => {
                return Err(Diagnostic::parsing(
                    "fixture-format",
                    format!("'{other}' is not one of ['csv', 'dict', 'sql'] for `format` of {fields}"),
                )
                .label(yaml.get("format").unwrap_or(yaml).span(), "")
                .help("write `dict` for rows in YAML, `csv` or `sql`")
                .maybe_help(did_you_mean(other, ["csv", "dict", "sql"]))
                .boxed());
            }
        };
        Ok(Self {
            input: fields.string("input")?,
            format,
            rows: fields.get("rows").map(Yaml::to_json),
            fixture: fields.string("fixture")?,
            span: yaml.span(),
        })
    }
}
