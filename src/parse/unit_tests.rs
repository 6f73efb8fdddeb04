//! Unit tests: definitions with their fixtures read, one per version of the tested model.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::fingerprint;
use super::properties::{EntryPlace, as_version};
use super::settle::Parser;
use super::trees::ConfigOf;
use crate::config::Configurable;
use crate::config::properties::{Fixture, FixtureFormat, UnitTestProperties};
use crate::diagnostic::{Diagnostic, Diagnostics, Result};
use crate::hashed::IndexMap;
use crate::manifest::{
    DependsOn, Disabled, Found, Lookup, Node, RefArgs, UnitTest, UnitTestExpectation, UnitTestInput,
    UnitTestOverrides, UnitTestVersions, Version,
};
use crate::project::FileKind;

impl Parser<'_> {
    pub(super) fn add_unit_tests(&mut self, problems: &mut Vec<Diagnostic>) {
        let entries: Vec<(EntryPlace, UnitTestProperties)> =
            self.entries.iter_mut().flat_map(|file| std::mem::take(&mut file.unit_tests)).collect();
        for (place, properties) in entries {
            match self.unit_test(&place, &properties) {
                Ok(test) => {
                    let unique_id = test.unique_id.clone();
                    self.unit_test_places.insert(unique_id.clone(), properties.model_span.clone());
                    let enabled = test.config.get("enabled").and_then(Json::as_bool).unwrap_or(true);
                    if !enabled {
                        let disabled = Disabled::UnitTest(Box::new(test));
                        self.manifest.disabled.entry(unique_id).or_default().push(disabled);
                    } else if self.manifest.unit_tests.insert(unique_id, test).is_some() {
                        problems.push(
                            Diagnostic::compilation(
                                "duplicate-unit-test",
                                format!(
                                    "dbt found two unit tests with the name \"{}\" of model \"{}\"",
                                    properties.name, properties.model
                                ),
                            )
                            .label(place.span, "")
                            .help("rename one of the two"),
                        );
                    }
                }
                Err(problem) => problems.push(*problem),
            }
        }
    }

    fn unit_test(&self, place: &EntryPlace, properties: &UnitTestProperties) -> Result<UnitTest> {
        let mut fqn = vec![place.package.clone()];
        fqn.extend(place.folders.iter().cloned());
        fqn.extend([properties.model.clone(), properties.name.clone()]);
        let of = ConfigOf { resource: Configurable::UnitTest, package: &place.package, fqn: &fqn };
        let config = Arc::unwrap_or_clone(self.trees.resolve(&of, &properties.config, &Map::new())?);
        let mut given = Vec::with_capacity(properties.given.len());
        for fixture in &properties.given {
            given.push(UnitTestInput {
                input: fixture.input.clone().unwrap_or_default(),
                rows: self.rows(place, properties, fixture, "input")?,
                format: fixture.format.name().to_owned(),
                fixture: fixture.fixture.clone(),
            });
        }
        let expect = UnitTestExpectation {
            rows: self.rows(place, properties, &properties.expect, "expected")?,
            format: properties.expect.format.name().to_owned(),
            fixture: properties.expect.fixture.clone(),
        };
        let versions = |list: &Option<Vec<Json>>| {
            list.as_ref().map(|list| list.iter().filter_map(as_version).collect::<Vec<Version>>())
        };
        let mut test = UnitTest {
            model: properties.model.clone(),
            name: properties.name.clone(),
            package_name: place.package.clone(),
            path: place.relative.clone(),
            original_file_path: place.file.clone(),
            unique_id: format!("unit_test.{}.{}.{}", place.package, properties.model, properties.name),
            fqn,
            description: properties.description.clone(),
            given,
            expect,
            overrides: properties.has_overrides.then(|| UnitTestOverrides {
                macros: properties.macros.clone(),
                vars: properties.vars.clone(),
                env_vars: properties.env_vars.clone(),
            }),
            config,
            versions: properties.has_versions.then(|| UnitTestVersions {
                include: versions(&properties.include_versions),
                exclude: versions(&properties.exclude_versions),
            }),
            created_at: self.request.now,
            ..UnitTest::default()
        };
        test.checksum = Some(fingerprint::unit_test(&test));
        Ok(test)
    }

    fn rows(
        &self,
        place: &EntryPlace,
        test: &UnitTestProperties,
        fixture: &Fixture,
        role: &str,
    ) -> Result<Option<Json>> {
        let mismatch = |more: &str| {
            Diagnostic::parsing(
                "fixture-rows",
                format!(
                    "Unit test {} has {role} rows{} which do not match format {}{more}",
                    test.name,
                    if more.is_empty() { "" } else { " or fixtures" },
                    fixture.format.name()
                ),
            )
            .label(fixture.span.clone(), "")
            .help("`format: dict` takes a list of mappings, `csv` and `sql` take a text")
            .boxed()
        };
        let text = match (&fixture.fixture, &fixture.rows) {
            (Some(name), _) => Some(self.fixture_text(place, fixture, name)?),
            (None, Some(Json::String(text))) => Some(text.clone()),
            _ => None,
        };
        let mut rows = match fixture.format {
            FixtureFormat::Sql => {
                return text
                    .map(|text| Some(Json::String(text)))
                    .ok_or_else(|| mismatch(".  Expected string."));
            }
            FixtureFormat::Csv => csv_rows(&text.ok_or_else(|| mismatch(".  Expected string."))?, fixture)?,
            FixtureFormat::Dict => match &fixture.rows {
                Some(Json::Array(rows)) => rows.clone(),
                None if fixture.fixture.is_none() => self.seed_rows(place, fixture)?,
                _ => return Err(mismatch("")),
            },
        };
        // a row without nulls goes first: the types of columns are read from it
        let full = rows
            .iter()
            .position(|row| row.as_object().is_some_and(|row| row.values().all(|value| !value.is_null())));
        if let Some(at) = full {
            rows.swap(0, at);
        }
        Ok(Some(Json::Array(rows)))
    }

    fn fixture_text(&self, place: &EntryPlace, fixture: &Fixture, name: &str) -> Result<String> {
        let package = self.request.project.package(&place.package);
        let files = package.map(|package| package.files.of(FileKind::Fixture)).unwrap_or_default();
        let mut named = files.iter().filter(|file| file.stem() == name);
        match (named.next(), named.next()) {
            (Some(first), Some(second)) => Err(Diagnostic::compilation(
                "duplicate-fixture",
                format!(
                    "dbt found two fixtures with the name \"{name}\".\n\nSince these resources have the same name, dbt \
                     will be unable to find the correct resource\nwhen looking for {name}.\n\nTo fix this, change \
                     the name of one of these resources:\n- {}\n- {}",
                    first.original_file_path(),
                    second.original_file_path()
                ),
            )
            .label(fixture.span.clone(), "")
            .help("rename one of the two files, and name it so here")
            .boxed()),
            (Some(file), None) => Ok(file.source.text.clone()),
            (None, _) => Err(Diagnostic::parsing(
                "missing-fixture",
                format!("File not found for fixture '{name}' in unit tests in {}", place.file),
            )
            .label(fixture.span.clone(), "")
            .maybe_help(crate::diagnostic::did_you_mean(
                name,
                files.iter().map(crate::project::SourceFile::stem),
            ))
            .boxed()),
        }
    }

    /// An input without rows is a seed, whose file has them.
    fn seed_rows(&self, place: &EntryPlace, fixture: &Fixture) -> Result<Vec<Json>> {
        let input = fixture.input.clone().unwrap_or_default();
        let here = place.at(fixture.span.clone());
        let recorded = self.record_expression(&input, &here)?;
        let seed = recorded.refs.first().map(|args| args.name.clone()).unwrap_or_default();
        let package_name = recorded
            .refs
            .first()
            .and_then(|args| args.package.clone())
            .unwrap_or_else(|| place.package.clone());
        let file = self
            .request
            .project
            .package(&package_name)
            .and_then(|package| package.files.of(FileKind::Seed).iter().find(|file| file.stem() == seed));
        let Some(file) = file else {
            return Err(Diagnostic::parsing(
                "missing-seed",
                format!(
                    "Unable to find seed '{package_name}.{seed}' for unit tests in its project's seed paths"
                ),
            )
            .label(fixture.span.clone(), "")
            .help("give `rows`, or the name of a seed")
            .boxed());
        };
        let text = std::fs::read_to_string(&file.absolute_path).map_err(|error| {
            Diagnostic::runtime("unreadable-file", format!("cannot read {}: {error}", file.source.path))
        })?;
        let rows = csv_rows(&text, fixture)?;
        // dbt: an empty cell of a seed stays an empty text here
        Ok(rows
            .into_iter()
            .map(|row| match row {
                Json::Object(row) => row
                    .into_iter()
                    .map(|(key, value)| (key, if value.is_null() { Json::from("") } else { value }))
                    .collect(),
                other => other,
            })
            .collect())
    }

    /// Finds each test's model; tests of versioned models become one per version.
    pub(super) fn resolve_unit_tests(&mut self, lookup: &Lookup) -> Result<(), Diagnostics> {
        let mut problems = Vec::new();
        let mut resolved = IndexMap::default();
        for (unique_id, test) in std::mem::take(&mut self.manifest.unit_tests) {
            match self.tested(test, lookup) {
                Ok(Tested::Tests(tests)) => {
                    resolved.extend(tests.into_iter().map(|test| (test.unique_id.clone(), test)));
                }
                Ok(Tested::Disabled(test)) => {
                    self.manifest.disabled.entry(unique_id).or_default().push(Disabled::UnitTest(test));
                }
                Err(mut problem) => {
                    if let Some(span) = self.unit_test_places.get(&unique_id) {
                        *problem = problem.label(span.clone(), "");
                    }
                    problems.push(*problem);
                }
            }
        }
        self.manifest.unit_tests = resolved;
        if problems.is_empty() { Ok(()) } else { Err(Diagnostics(problems)) }
    }

    fn tested(&self, mut test: UnitTest, lookup: &Lookup) -> Result<Tested> {
        let mut words = test.model.split_whitespace();
        let args = RefArgs {
            name: words.next().unwrap_or_default().to_owned(),
            package: Some(test.package_name.clone()),
            version: words.next().map(Version::from),
        };
        let found = lookup.reference(&test.package_name, &args).unwrap_or(Found::Missing);
        let model = match found {
            Found::Enabled(id) => self.manifest.nodes.get(id),
            Found::Disabled(_) => {
                test.config.insert("enabled".to_owned(), false.into());
                return Ok(Tested::Disabled(Box::new(test)));
            }
            Found::Missing => None,
        };
        let Some(model) = model else {
            return Err(Diagnostic::parsing(
                "unit-test-model",
                format!(
                    "Unable to find model '{}.{}' for unit test '{}' in {}",
                    test.package_name, test.model, test.name, test.original_file_path
                ),
            )
            .maybe_help(crate::diagnostic::did_you_mean(&args.name, lookup.refable_names()))
            .boxed());
        };
        check_incremental(&test, model)?;
        test.depends_on = DependsOn { macros: Vec::new(), nodes: vec![model.unique_id.clone()] };
        test.schema = Some(model.schema.clone());
        if model.is_versioned() {
            self.per_version(&test, model).map(Tested::Tests)
        } else {
            plain(test, model)
        }
    }

    fn per_version(&self, test: &UnitTest, model: &Node) -> Result<Vec<UnitTest>> {
        let selected = |version: &Version| match &test.versions {
            Some(UnitTestVersions { exclude: Some(exclude), .. }) => !exclude.contains(version),
            Some(UnitTestVersions { include: Some(include), .. }) => include.contains(version),
            _ => true,
        };
        let of_model = self
            .manifest
            .nodes
            .values()
            .filter(|node| node.package_name == model.package_name && node.name == model.name);
        let tests: Vec<UnitTest> = of_model
            .filter_map(|node| Some((node, node.version()?)))
            .filter(|(_, version)| selected(version))
            .map(|(node, version)| UnitTest {
                unique_id: format!("{}_v{version}", test.unique_id),
                depends_on: DependsOn { macros: Vec::new(), nodes: vec![node.unique_id.clone()] },
                version: Some(version.clone()),
                ..test.clone()
            })
            .collect();
        if tests.is_empty() {
            return Err(Diagnostic::parsing(
                "unit-test-versions",
                format!(
                    "Unit test '{}' referenced a version of '{}' which was not found.",
                    test.name, model.name
                ),
            )
            .boxed());
        }
        Ok(tests)
    }
}

enum Tested {
    Tests(Vec<UnitTest>),
    Disabled(Box<UnitTest>),
}

fn plain(test: UnitTest, model: &Node) -> Result<Tested> {
    let selects = |versions: &UnitTestVersions| versions.include.is_some() || versions.exclude.is_some();
    if test.versions.as_ref().is_some_and(selects) {
        return Err(Diagnostic::parsing(
            "unit-test-versions",
            format!(
                "Unit test '{}' should not have a versions include or exclude when referencing non-versioned \
                 model '{}'",
                test.name, model.name
            ),
        )
        .boxed());
    }
    Ok(Tested::Tests(vec![test]))
}

fn check_incremental(test: &UnitTest, model: &Node) -> Result<()> {
    if !model.depends_on.macros.iter().any(|id| id == "macro.dbt.is_incremental") {
        return Ok(());
    }
    let answer = test
        .overrides
        .as_ref()
        .and_then(|overrides| overrides.macros.get("is_incremental"))
        .and_then(Json::as_bool);
    match answer {
        None => Err(Diagnostic::parsing(
            "unit-test-incremental",
            format!(
                "Boolean override for 'is_incremental' must be provided for unit test '{}' in model '{}'",
                test.name, model.name
            ),
        )
        .help("add `overrides: {macros: {is_incremental: true}}`")
        .boxed()),
        Some(true) if !test.given.iter().any(|given| given.input == "this") => Err(Diagnostic::parsing(
            "unit-test-this",
            format!(
                "Unit test '{}' for incremental model '{}' must have a 'this' input",
                test.name, model.name
            ),
        )
        .help("add `- input: this` with the rows that are there before the run")
        .boxed()),
        Some(_) => Ok(()),
    }
}

/// The rows of a CSV text as mappings of texts; empty cells are null.
fn csv_rows(text: &str, fixture: &Fixture) -> Result<Vec<Json>> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.trim_start().as_bytes());
    let broken = |error: csv::Error| {
        Diagnostic::parsing("fixture-csv", format!("the rows are not valid CSV: {error}"))
            .label(fixture.span.clone(), "")
            .help("the first line names the columns")
    };
    let headers = reader.headers().map_err(broken)?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(broken)?;
        let row: Map<String, Json> = headers
            .iter()
            .enumerate()
            .map(|(at, name)| {
                let cell = record.get(at).filter(|cell| !cell.is_empty());
                (name.to_owned(), cell.map_or(Json::Null, Json::from))
            })
            .collect();
        rows.push(Json::Object(row));
    }
    Ok(rows)
}
