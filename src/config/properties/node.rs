//! Entries that describe nodes of files: models with their versions, seeds, snapshots, analyses, tests, functions.

use serde_json::{Map, Value as Json};

use crate::config::yaml::Kind;
use crate::config::{Fields, Yaml};
use crate::diagnostic::{Diagnostic, Result, Span};

use super::column::{ColumnProperties, read_constraints, read_tests};
use super::{ArgumentProperties, PropertyKind, known_keys};

/// Keys that dbt moves into `config`; giving one in both places is an error.
const MOVED_TO_CONFIG: [&str; 5] = ["meta", "docs", "group", "contract", "access"];

/// Errors that dbt finds after the shape of the entry was right.
const SAID_AS_IT_IS: [&str; 6] =
    ["version-twice", "latest-version", "include-twice", "config-twice", "constraint-type", "name-missing"];

/// A model, seed, snapshot, analysis, singular test or function as properties YAML describes it.
///
/// `description` is raw: it still needs Jinja (`doc()`), as do the descriptions of columns.
#[derive(Debug, Clone)]
pub(crate) struct NodeProperties<'a> {
    pub name: String,
    pub description: String,
    /// `config:` with `meta`, `docs`, `group`, `contract` and `access` moved into it.
    pub config: Map<String, Json>,
    pub columns: Vec<ColumnProperties<'a>>,
    /// Raw test definitions: names, or mappings of one test.
    pub tests: &'a [Yaml],
    pub constraints: Vec<Json>,
    /// A number or a string, as written.
    pub latest_version: Option<Json>,
    pub versions: Vec<VersionProperties<'a>>,
    pub deprecation_date: Option<String>,
    pub time_spine: Option<Json>,
    /// A snapshot in pure YAML: `ref('x')` or `source('a', 'b')`.
    pub relation: Option<String>,
    pub function: Option<FunctionProperties>,
    pub yaml: &'a Yaml,
}

/// What only functions have.
#[derive(Debug, Clone)]
pub(crate) struct FunctionProperties {
    pub arguments: Vec<ArgumentProperties>,
    pub returns: Json,
    pub overloads: Vec<OverloadProperties>,
}

/// One entry of `overloads:`.
#[derive(Debug, Clone)]
pub(crate) struct OverloadProperties {
    pub defined_in: String,
    pub arguments: Vec<ArgumentProperties>,
    pub returns: Option<Json>,
    pub description: Option<String>,
    pub span: Span,
}

/// One entry of `versions:`.
#[derive(Debug, Clone)]
pub(crate) struct VersionProperties<'a> {
    pub v: Json,
    pub defined_in: Option<String>,
    pub description: String,
    /// dbt reads `access` only here, not beside it.
    pub config: Map<String, Json>,
    pub constraints: Vec<Json>,
    pub docs: Option<Map<String, Json>>,
    /// `None`: the model's own tests apply.
    pub tests: Option<&'a [Yaml]>,
    pub include_exclude: IncludeExclude,
    /// Columns of this version alone.
    pub columns: Vec<ColumnProperties<'a>>,
    pub deprecation_date: Option<String>,
    pub span: Span,
}

/// Which of the model's columns a version keeps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct IncludeExclude {
    /// `None` is all.
    pub include: Option<Vec<String>>,
    pub exclude: Vec<String>,
}

impl IncludeExclude {
    pub(crate) fn includes(&self, column: &str) -> bool {
        let included = self.include.as_ref().is_none_or(|list| list.iter().any(|name| name == column));
        included && !self.exclude.iter().any(|name| name == column)
    }
}

impl<'a> NodeProperties<'a> {
    pub(crate) fn read(kind: PropertyKind, yaml: &'a Yaml, warnings: &mut Vec<Diagnostic>) -> Result<Self> {
        let read = Self::read_entry(kind, yaml, warnings);
        read.map_err(|problem| {
            if SAID_AS_IT_IS.contains(&problem.code) { problem } else { kind.invalid(yaml, problem) }
        })
    }

    fn read_entry(kind: PropertyKind, yaml: &'a Yaml, warnings: &mut Vec<Diagnostic>) -> Result<Self> {
        let node = Fields::named(yaml, kind.noun())?;
        node.warn_mistyped(known_keys::NODE, warnings);
        let mut versions = Vec::new();
        for version in node.list("versions")? {
            versions.push(VersionProperties::read(version, node.name(), warnings)?);
        }
        let properties = Self {
            name: node.name().to_owned(),
            description: node.string_or_empty("description")?,
            config: read_config(&node)?,
            columns: ColumnProperties::read_all(&node, warnings)?,
            tests: read_tests(&node)?,
            constraints: read_constraints(&node)?,
            latest_version: node.get("latest_version").map(Yaml::to_json),
            versions,
            deprecation_date: read_date(&node)?,
            time_spine: node.nested("time_spine")?.map(Yaml::to_json),
            relation: node.string("relation")?,
            function: match kind {
                PropertyKind::Functions => Some(read_function(&node, warnings)?),
                _ => None,
            },
            yaml,
        };
        properties.check_versions(&node)?;
        Ok(properties)
    }

    /// The columns of a version: the model's that it keeps, then its own.
    pub(crate) fn columns_of<'s>(
        &'s self,
        version: &'s VersionProperties<'a>,
    ) -> Vec<&'s ColumnProperties<'a>> {
        let kept = self.columns.iter().filter(|column| version.include_exclude.includes(&column.name));
        kept.chain(&version.columns).collect()
    }

    fn check_versions(&self, node: &Fields<'_>) -> Result<()> {
        for (at, version) in self.versions.iter().enumerate() {
            let earlier = self.versions[..at].iter().any(|other| text(&other.v) == text(&version.v));
            if earlier {
                return Err(Diagnostic::parsing(
                    "version-twice",
                    format!(
                        "Found duplicate version: '{}' in versions list of model '{}'",
                        text(&version.v),
                        self.name
                    ),
                )
                .label(version.span.clone(), "")
                .help("give each entry of `versions` a `v` of its own")
                .boxed());
            }
        }
        let Some(latest) = &self.latest_version else { return Ok(()) };
        if self.versions.iter().any(|version| version.v == *latest) {
            return Ok(());
        }
        let versions: Vec<String> = self.versions.iter().map(|version| text(&version.v)).collect();
        let place = node.get("latest_version").unwrap_or(self.yaml);
        Err(Diagnostic::parsing(
            "latest-version",
            format!(
                "latest_version: {} is not one of model '{}' versions: [{}]",
                text(latest),
                self.name,
                versions.join(", ")
            ),
        )
        .label(place.span(), "")
        .help("name one of them, or leave `latest_version` out: the highest is the latest")
        .boxed())
    }
}

impl<'a> VersionProperties<'a> {
    fn read(yaml: &'a Yaml, model: &'a str, warnings: &mut Vec<Diagnostic>) -> Result<Self> {
        let version = Fields::new(yaml, "version", model)?;
        version.warn_unknown(known_keys::VERSION, warnings);
        let v = match version.get("v").map(|v| (&v.kind, v)) {
            Some((Kind::String(_) | Kind::Integer(_) | Kind::Float(_), v)) => v.to_json(),
            Some((_, v)) => return Err(v.wrong_type("`v` of a version", "a number or a string")),
            None => {
                return Err(Diagnostic::parsing(
                    "version-missing",
                    format!("a version of model `{model}` has no `v`"),
                )
                .label(yaml.span(), "")
                .help("write `- v: 1`")
                .boxed());
            }
        };
        let mut include_exclude = None;
        let mut columns = Vec::new();
        for column in version.list("columns")? {
            if column.get("include").is_none() && column.get("exclude").is_none() {
                columns.push(ColumnProperties::read(column, warnings)?);
            } else if include_exclude.is_some() {
                return Err(Diagnostic::parsing(
                    "include-twice",
                    "version can have at most one include/exclude element",
                )
                .label(column.span(), "")
                .boxed());
            } else {
                include_exclude = Some(read_include_exclude(column)?);
            }
        }
        let has_tests = version.get("data_tests").is_some() || version.get("tests").is_some();
        Ok(Self {
            v,
            defined_in: version.string("defined_in")?,
            description: version.string_or_empty("description")?,
            config: version.object("config")?.unwrap_or_default(),
            constraints: read_constraints(&version)?,
            docs: version.object("docs")?,
            tests: if has_tests { Some(read_tests(&version)?) } else { None },
            include_exclude: include_exclude.unwrap_or_default(),
            columns,
            deprecation_date: read_date(&version)?,
            span: yaml.span(),
        })
    }
}

/// A version as Python's `str()` prints it.
fn text(version: &Json) -> String {
    version.as_str().map_or_else(|| version.to_string(), str::to_owned)
}

fn read_include_exclude(yaml: &Yaml) -> Result<IncludeExclude> {
    let fields = Fields::new(yaml, "include/exclude element", "")?;
    let include = match fields.get("include").map(|value| &value.kind) {
        None => None,
        Some(Kind::String(all)) if all == "*" || all == "all" => None,
        Some(_) => fields.strings("include")?,
    };
    Ok(IncludeExclude { include, exclude: fields.strings("exclude")?.unwrap_or_default() })
}

fn read_config(node: &Fields<'_>) -> Result<Map<String, Json>> {
    let mut config = node.object("config")?.unwrap_or_default();
    for key in MOVED_TO_CONFIG {
        let Some(entry) = node.mapping().entry(key) else { continue };
        if config.contains_key(key) {
            return Err(Diagnostic::parsing(
                "config-twice",
                format!(
                    "In {}: found {key} dictionary in 'config' dictionary and as top-level key.\n\
                     Remove the top-level key and define it under 'config' dictionary only.",
                    node.yaml.source().path
                ),
            )
            .label(entry.key_span(), "")
            .help(format!("keep the `{key}` below `config:`"))
            .boxed());
        }
        config.insert(key.to_owned(), entry.value.to_json());
    }
    Ok(config)
}

fn read_date(node: &Fields<'_>) -> Result<Option<String>> {
    match node.get("deprecation_date") {
        None => Ok(None),
        Some(Yaml { kind: Kind::Date(date), .. }) => Ok(Some(date.clone())),
        Some(value) => match value.as_str().filter(|date| date.len() >= 10 && date.is_char_boundary(10)) {
            Some(date) if date[..10].parse::<jiff::civil::Date>().is_ok() => Ok(Some(date.to_owned())),
            _ => Err(value.wrong_type(&format!("`deprecation_date` of {node}"), "a date such as 2026-12-31")),
        },
    }
}

fn read_function(node: &Fields<'_>, warnings: &mut Vec<Diagnostic>) -> Result<FunctionProperties> {
    let config = node.nested("config")?.map(Yaml::to_json);
    let is_procedure =
        config.is_some_and(|config| config.get("type").and_then(Json::as_str) == Some("procedure"));
    let returns = match node.nested("returns")? {
        Some(returns) => returns.to_json(),
        None if is_procedure => Json::Null,
        None => {
            return Err(Diagnostic::parsing(
                "function-returns",
                format!("{node} does not say what it returns"),
            )
            .label(node.yaml.span(), "")
            .help(
                "add `returns: {data_type: ...}`; a procedure (`config: {type: procedure}`) returns nothing",
            )
            .boxed());
        }
    };
    Ok(FunctionProperties {
        arguments: read_arguments(node, warnings)?,
        returns,
        overloads: node
            .list("overloads")?
            .iter()
            .map(|overload| read_overload(overload, warnings))
            .collect::<Result<_>>()?,
    })
}

fn read_arguments(fields: &Fields<'_>, warnings: &mut Vec<Diagnostic>) -> Result<Vec<ArgumentProperties>> {
    let arguments = fields.list("arguments")?;
    arguments.iter().map(|argument| ArgumentProperties::read(argument, warnings)).collect()
}

fn read_overload(yaml: &Yaml, warnings: &mut Vec<Diagnostic>) -> Result<OverloadProperties> {
    let fields = Fields::new(yaml, "overload of a function", "")?;
    let defined_in = fields.string("defined_in")?.ok_or_else(|| {
        Diagnostic::parsing("function-overload", "an overload does not say where it is defined")
            .label(yaml.span(), "")
            .help("add `defined_in:` with the name of its file in `functions`, without `.sql`")
    })?;
    Ok(OverloadProperties {
        defined_in,
        arguments: read_arguments(&fields, warnings)?,
        returns: fields.nested("returns")?.map(Yaml::to_json),
        description: fields.string("description")?,
        span: yaml.span(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::yaml::load_text;

    fn problem(text: &str) -> Box<Diagnostic> {
        let yaml = load_text("schema.yml", text).unwrap();
        NodeProperties::read(PropertyKind::Models, &yaml, &mut Vec::new()).unwrap_err()
    }

    #[test]
    fn a_model_with_versions() {
        let yaml = load_text(
            "schema.yml",
            "name: m\nlatest_version: 2\nmeta: {a: 1}\nconfig: {tags: [x]}\ncolumns:\n  - {name: a, tags: t, config: {tags: [t, u]}}\n  - name: b\n\
             versions:\n  - v: 1\n    columns:\n      - {include: all, exclude: [b]}\n      - name: c\n  - v: 2\n    data_tests: [unique]\n",
        )
        .unwrap();
        let model = NodeProperties::read(PropertyKind::Models, &yaml, &mut Vec::new()).unwrap();
        let names: Vec<&str> = model.columns_of(&model.versions[0]).iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["a", "c"]);
        assert_eq!(model.columns[0].tags, ["t", "u"]);
        assert_eq!(Json::Object(model.config.clone()).to_string(), r#"{"tags":["x"],"meta":{"a":1}}"#);
        assert_eq!(model.versions[1].v, 2);
        assert!(model.versions[0].tests.is_none() && model.versions[1].tests.is_some());
    }

    #[test]
    fn mistakes_have_a_place() {
        for (text, place) in [
            ("name: m\ncolumns: a\n", "schema.yml:2:10"),
            ("name: m\nmeta: {a: 1}\nconfig: {meta: {b: 2}}\n", "schema.yml:2:1"),
            ("name: m\ntests: [a]\ndata_tests: [b]\n", "schema.yml:2:1"),
            ("name: m\nlatest_version: 3\nversions: [{v: 1}]\n", "schema.yml:2:17"),
            ("name: m\nversions: [{v: 1}, {v: 1}]\n", "schema.yml:2:20"),
            ("name: m\ncolumns:\n  - {name: a, constraints: [{type: chekc}]}\n", "schema.yml:3:36"),
            ("name: m\ndeprecation_date: soon\n", "schema.yml:2:19"),
        ] {
            assert_eq!(problem(text).labels[0].span.location(), place, "{text}");
        }
    }
}
