//! Properties files, read and rendered into owned entries. Two threads share the files: YAML is the slowest part
//! of a parse.

use std::ops::Deref;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::ParseRequest;
use super::config_blocks;
use super::scope::Scopes;
use crate::config::properties::{
    ColumnProperties, ExposureProperties, FunctionProperties, GroupProperties, MacroProperties,
    NodeProperties, PropertiesFile, PropertyKind, SourceProperties, UnitTestProperties, VersionProperties,
    render_entry,
};
use crate::config::{Renderer, Yaml};
use crate::context::Engine;
use crate::diagnostic::{Diagnostic, Diagnostics, Result, Span};
use crate::hashed::{IndexMap, RandomState};
use crate::jinja::{Context, python};
use crate::manifest::{Column, ColumnConfig, Constraint, SparseMap, Version};
use crate::project::{FileKind, Package, SourceFile};

/// Where an entry stands.
#[derive(Debug, Clone)]
pub(super) struct EntryPlace {
    in_file: Arc<FilePlace>,
    pub(super) span: Span,
}

/// What all entries of a file have in common.
#[derive(Debug)]
pub(super) struct FilePlace {
    pub(super) package: String,
    /// As `models/staging/schema.yml`.
    pub(super) file: String,
    /// Below its searched directory, as `staging/schema.yml`.
    pub(super) relative: String,
    /// The folders between the two: what follows the package in an fqn.
    pub(super) folders: Vec<String>,
    /// dbt's `patch_path`.
    pub(super) patch_path: String,
}

impl FilePlace {
    fn of(package: &str, file: &SourceFile) -> Arc<Self> {
        let mut folders: Vec<String> = file.relative_path.split('/').map(str::to_owned).collect();
        folders.pop();
        let path = file.original_file_path();
        Arc::new(Self {
            package: package.to_owned(),
            patch_path: format!("{package}://{path}"),
            file: path,
            relative: file.relative_path.clone(),
            folders,
        })
    }
}

impl EntryPlace {
    pub(super) fn of(package: &str, file: &SourceFile, span: Span) -> Self {
        Self { in_file: FilePlace::of(package, file), span }
    }

    /// Another place in the same file.
    pub(super) fn at(&self, span: Span) -> Self {
        Self { in_file: Arc::clone(&self.in_file), span }
    }
}

impl Deref for EntryPlace {
    type Target = FilePlace;

    fn deref(&self) -> &FilePlace {
        &self.in_file
    }
}

/// The tests of one column.
#[derive(Debug, Clone)]
pub(super) struct ColumnTests {
    pub(super) name: String,
    pub(super) quote: Option<bool>,
    pub(super) tags: Vec<String>,
    pub(super) tests: Vec<Yaml>,
}

/// All tests that one entry attaches.
#[derive(Debug, Clone, Default)]
pub(super) struct EntryTests {
    pub(super) columns: Vec<ColumnTests>,
    pub(super) tests: Vec<Yaml>,
    pub(super) quote_columns: Option<bool>,
}

/// An entry that describes a node.
#[derive(Debug)]
pub(super) struct NodePatch {
    pub(super) kind: PropertyKind,
    pub(super) place: EntryPlace,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) config: Map<String, Json>,
    pub(super) config_written: Map<String, Json>,
    pub(super) columns: IndexMap<String, Column>,
    pub(super) tests: EntryTests,
    pub(super) constraints: Vec<Constraint>,
    pub(super) versions: Vec<VersionPatch>,
    pub(super) latest_version: Option<Version>,
    pub(super) deprecation_date: Option<String>,
    pub(super) time_spine: Option<Json>,
    pub(super) relation: Option<String>,
    pub(super) function: Option<FunctionProperties>,
}

/// One version of a model.
#[derive(Debug)]
pub(super) struct VersionPatch {
    pub(super) version: Version,
    pub(super) defined_in: Option<String>,
    pub(super) description: String,
    pub(super) config: Map<String, Json>,
    pub(super) config_written: Map<String, Json>,
    pub(super) columns: IndexMap<String, Column>,
    pub(super) tests: EntryTests,
    pub(super) constraints: Vec<Constraint>,
    pub(super) deprecation_date: Option<String>,
    pub(super) span: Span,
}

/// An entry of `sources:`, rendered and as written.
#[derive(Debug)]
pub(super) struct SourceEntry {
    pub(super) place: EntryPlace,
    pub(super) rendered: Yaml,
    pub(super) written: Yaml,
}

/// A whole file.
#[derive(Debug, Default)]
pub(super) struct FileEntries {
    pub(super) nodes: Vec<NodePatch>,
    pub(super) sources: Vec<SourceEntry>,
    pub(super) macros: Vec<(EntryPlace, MacroProperties)>,
    pub(super) exposures: Vec<(EntryPlace, ExposureProperties, Map<String, Json>)>,
    pub(super) groups: Vec<(EntryPlace, GroupProperties)>,
    pub(super) unit_tests: Vec<(EntryPlace, UnitTestProperties)>,
    /// Metrics, semantic models and saved queries, as they are.
    pub(super) semantics: Vec<(PropertyKind, EntryPlace, Json)>,
    pub(super) warnings: Vec<Diagnostic>,
}

/// Reads every properties file of a package.
pub(super) fn read(
    request: &ParseRequest<'_>,
    scopes: &Scopes,
    package: &Package,
) -> Result<Vec<FileEntries>, Diagnostics> {
    let files: Vec<&SourceFile> = package.files.of(FileKind::Properties).iter().collect();
    let mut read = Vec::with_capacity(files.len());
    let mut errors = Vec::new();
    let reader = Reader { request, scopes, package };
    for outcome in crate::parallel::map(&files, |file| reader.file(file)) {
        match outcome {
            Ok(entries) => read.push(entries),
            Err(error) => errors.push(*error),
        }
    }
    if errors.is_empty() { Ok(read) } else { Err(Diagnostics(errors)) }
}

struct Reader<'a> {
    request: &'a ParseRequest<'a>,
    scopes: &'a Scopes,
    package: &'a Package,
}

/// Renders YAML values natively, with what properties files may use: variables and the environment.
struct YamlRenderer<'a> {
    engine: &'a Engine,
    context: Arc<dyn Context>,
}

impl Renderer for YamlRenderer<'_> {
    fn render(&self, text: &str, span: Span) -> Result<Json> {
        let value = self.engine.evaluate(text, &span, &self.context)?;
        if value.is_undefined() {
            return Err(Diagnostic::compilation("undefined-value", format!("`{text}` is undefined"))
                .label(span, "")
                .help("in YAML there are `var`, `env_var`, `target` and what all templates have; not `ref`, `this` or macros")
                .boxed());
        }
        Ok(python::to_json(&value))
    }
}

impl Reader<'_> {
    fn file(&self, file: &SourceFile) -> Result<FileEntries> {
        let mut entries = FileEntries::default();
        let mut warnings = Vec::new();
        let is_root = self.package.name() == self.request.root_name();
        let Some(properties) = PropertiesFile::read(&file.source, &mut warnings)? else {
            return Ok(FileEntries { warnings, ..entries });
        };
        let renderer =
            YamlRenderer { engine: self.request.engine, context: self.scopes.of_yaml(self.package.name()) };
        let in_file = FilePlace::of(self.package.name(), file);
        for kind in PropertyKind::ALL {
            for written in properties.entries(kind) {
                let span = written.get("name").map_or_else(|| written.span(), Yaml::span);
                let place = EntryPlace { in_file: Arc::clone(&in_file), span };
                let rendered = render_entry(kind, written, &renderer)?;
                if is_root {
                    config_blocks::check(self.request.engine, kind, &rendered, &mut warnings);
                }
                sort_entry(kind, place, &rendered, written, &mut entries, &mut warnings)?;
            }
        }
        // what is in a package's files is for its authors
        warnings.retain(|warning| is_root || warning.code != "UnknownKey");
        entries.warnings = warnings;
        Ok(entries)
    }
}

/// Puts an entry among those of its kind.
fn sort_entry(
    kind: PropertyKind,
    place: EntryPlace,
    rendered: &Yaml,
    written: &Yaml,
    entries: &mut FileEntries,
    warnings: &mut Vec<Diagnostic>,
) -> Result<()> {
    match kind {
        PropertyKind::Models
        | PropertyKind::Seeds
        | PropertyKind::Snapshots
        | PropertyKind::Analyses
        | PropertyKind::DataTests
        | PropertyKind::Functions => {
            let properties = NodeProperties::read(kind, rendered, warnings)?;
            entries.nodes.push(node_patch(kind, place, &properties, written)?);
        }
        PropertyKind::Sources => {
            // read for its errors here, where the file is at hand; tables are made when all files are known
            SourceProperties::read(rendered, warnings)?;
            entries.sources.push(SourceEntry { place, rendered: rendered.clone(), written: written.clone() });
        }
        PropertyKind::Macros => {
            entries.macros.push((place, MacroProperties::read(rendered, warnings)?));
        }
        PropertyKind::Exposures => {
            let raw = json_map(written.get("config"));
            entries.exposures.push((place, ExposureProperties::read(rendered, warnings)?, raw));
        }
        PropertyKind::Groups => {
            entries.groups.push((place, GroupProperties::read(rendered, warnings)?));
        }
        PropertyKind::UnitTests => {
            entries.unit_tests.push((place, UnitTestProperties::read(rendered, warnings)?));
        }
        PropertyKind::Metrics | PropertyKind::SemanticModels | PropertyKind::SavedQueries => {
            entries.semantics.push((kind, place, rendered.to_json()));
        }
    }
    Ok(())
}

fn json_map(yaml: Option<&Yaml>) -> Map<String, Json> {
    yaml.and_then(Yaml::as_mapping).map(crate::config::Mapping::to_json).unwrap_or_default()
}

/// The config as it was written, with what dbt also takes from beside it.
fn written_config(entry: Option<&Yaml>) -> Map<String, Json> {
    let mut config = json_map(entry.and_then(|entry| entry.get("config")));
    for key in ["meta", "docs", "group", "contract", "access"] {
        if let Some(value) = entry.and_then(|entry| entry.get(key)) {
            config.entry(key).or_insert_with(|| value.to_json());
        }
    }
    config
}

fn node_patch(
    kind: PropertyKind,
    place: EntryPlace,
    properties: &NodeProperties<'_>,
    written: &Yaml,
) -> Result<NodePatch> {
    let quote_columns = properties.yaml.get("quote_columns").and_then(Yaml::as_bool);
    let version_entries = written.get("versions").and_then(Yaml::as_sequence).unwrap_or_default();
    let mut versions = Vec::with_capacity(properties.versions.len());
    for (at, version) in properties.versions.iter().enumerate() {
        let config_written = written_config(version_entries.get(at));
        versions.push(version_patch(properties, version, config_written, quote_columns)?);
    }
    let columns: Vec<&ColumnProperties<'_>> = properties.columns.iter().collect();
    Ok(NodePatch {
        kind,
        name: properties.name.clone(),
        description: properties.description.clone(),
        config: properties.config.clone(),
        config_written: written_config(Some(written)),
        columns: manifest_columns(&columns)?,
        tests: entry_tests(&columns, properties.tests, quote_columns),
        constraints: model_constraints(&properties.constraints, &place.span)?,
        versions,
        latest_version: properties.latest_version.as_ref().and_then(as_version),
        deprecation_date: properties.deprecation_date.clone(),
        time_spine: properties.time_spine.clone(),
        relation: properties.relation.clone(),
        function: properties.function.clone(),
        place,
    })
}

fn version_patch(
    model: &NodeProperties<'_>,
    version: &VersionProperties<'_>,
    config_written: Map<String, Json>,
    quote_columns: Option<bool>,
) -> Result<VersionPatch> {
    let columns = model.columns_of(version);
    let given = if version.constraints.is_empty() { &model.constraints } else { &version.constraints };
    let mut config = version.config.clone();
    if let Some(docs) = &version.docs {
        config.insert("docs".to_owned(), Json::Object(docs.clone()));
    }
    Ok(VersionPatch {
        version: as_version(&version.v).unwrap_or_else(|| Version::from("")),
        defined_in: version.defined_in.clone(),
        description: version.description.clone(),
        config,
        config_written,
        columns: manifest_columns(&columns)?,
        tests: entry_tests(&columns, version.tests.unwrap_or(model.tests), quote_columns),
        constraints: model_constraints(given, &version.span)?,
        deprecation_date: version.deprecation_date.clone(),
        span: version.span.clone(),
    })
}

/// A number or a text of the YAML as a version.
pub(super) fn as_version(value: &Json) -> Option<Version> {
    match value {
        Json::Number(number) => Some(Version::Number(number.clone())),
        Json::String(text) => Some(Version::Text(text.clone())),
        _ => None,
    }
}

fn entry_tests(columns: &[&ColumnProperties<'_>], tests: &[Yaml], quote_columns: Option<bool>) -> EntryTests {
    let tested = columns.iter().filter(|column| !column.tests.is_empty());
    EntryTests {
        columns: tested
            .map(|column| ColumnTests {
                name: column.name.clone(),
                quote: column.quote,
                tags: column.tags.clone(),
                tests: column.tests.to_vec(),
            })
            .collect(),
        tests: tests.to_vec(),
        quote_columns,
    }
}

/// Columns of a source's table, with its tests.
pub(super) fn table_columns(
    columns: &[ColumnProperties<'_>],
    tests: &[Yaml],
) -> Result<(IndexMap<String, Column>, EntryTests)> {
    let columns: Vec<&ColumnProperties<'_>> = columns.iter().collect();
    Ok((manifest_columns(&columns)?, entry_tests(&columns, tests, None)))
}

fn manifest_columns(columns: &[&ColumnProperties<'_>]) -> Result<IndexMap<String, Column>> {
    let mut manifest = IndexMap::with_capacity_and_hasher(columns.len(), RandomState::default());
    for column in columns {
        let constraints = column
            .constraints
            .iter()
            .map(|constraint| constraint_of(constraint, &column.span))
            .collect::<Result<Vec<_>>>()?;
        manifest.insert(
            column.name.clone(),
            Column {
                name: column.name.clone(),
                description: column.description.clone(),
                meta: column.meta.clone().into(),
                data_type: column.data_type.clone(),
                constraints,
                quote: column.quote,
                config: ColumnConfig {
                    meta: column.meta.clone().into(),
                    tags: column.tags.clone(),
                    extra: SparseMap::default(),
                },
                tags: column.tags.clone(),
                granularity: column.granularity.clone(),
                doc_blocks: Vec::new(),
                extra: column.extra.clone().into(),
            },
        );
    }
    Ok(manifest)
}

fn model_constraints(constraints: &[Json], span: &Span) -> Result<Vec<Constraint>> {
    constraints
        .iter()
        .map(|constraint| {
            let mut constraint = constraint_of(constraint, span)?;
            constraint.columns.get_or_insert_default();
            Ok(constraint)
        })
        .collect()
}

fn constraint_of(constraint: &Json, span: &Span) -> Result<Constraint> {
    serde_json::from_value(constraint.clone()).map_err(|error| {
        Diagnostic::parsing("constraint-shape", format!("a constraint cannot be read: {error}"))
            .label(span.clone(), "")
            .help(
                "a constraint has a `type`, and may have `name`, `expression`, `columns`, `to`, `to_columns`",
            )
            .boxed()
    })
}
