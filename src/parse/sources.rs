//! Sources: one definition per table, after other packages' patches (`overrides`) were applied.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::naming::Naming;
use super::properties::{SourceEntry, table_columns};
use super::settle::Parser;
use super::test_group::{Attached, TestGroup};
use super::trees::ConfigOf;
use crate::config::load::{Load, Origin};
use crate::config::properties::{SourceProperties, TableProperties};
use crate::config::{Configurable, Yaml};
use crate::diagnostic::{Diagnostic, Diagnostics, Result};
use crate::hashed::HashSet;
use crate::load::{self, LoadedTable};
use crate::manifest::{Disabled, Freshness, Quoting, Resource, SourceDefinition};

impl Parser<'_> {
    pub(super) fn add_sources(&mut self) -> Result<(), Diagnostics> {
        let entries: Vec<SourceEntry> =
            self.entries.iter_mut().flat_map(|file| std::mem::take(&mut file.sources)).collect();
        let (patches, own): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|entry| entry.rendered.get("overrides").is_some());
        let mut used: HashSet<usize> = HashSet::default();
        let mut problems = Vec::new();
        problems.extend(twice_patched(&patches));
        for mut entry in own {
            for (at, patch) in patches.iter().enumerate() {
                if overrides(patch, &entry) {
                    used.insert(at);
                    entry.rendered = patched(&entry.rendered, &patch.rendered);
                }
            }
            if let Err(problem) = self.add_source(&entry) {
                problems.push(*problem);
            }
        }
        for (at, patch) in patches.iter().enumerate().filter(|(at, _)| !used.contains(at)) {
            let _ = at;
            self.warnings.push(unused_patch(patch));
        }
        if problems.is_empty() { Ok(()) } else { Err(Diagnostics(problems)) }
    }

    fn add_source(&mut self, entry: &SourceEntry) -> Result<()> {
        let properties = SourceProperties::read(&entry.rendered, &mut Vec::new())?;
        check_load(&entry.rendered)?;
        for table in &properties.tables {
            check_load(table.yaml)?;
            let definition = self.definition(entry, &properties, table)?;
            if load::is_loaded(&definition) || table.yaml.path(&["config", "load"]).is_some() {
                let place = table.yaml.path(&["config", "load"]).unwrap_or(table.yaml);
                let loaded = LoadedTable::of(&definition, &place.span())?;
                if let Origin::Connection(from) = &loaded.load.origin {
                    self.request
                        .mapped(&from.connection)
                        .map_err(|problem| problem.label(place.span(), ""))?;
                }
            }
            self.queue_source_tests(entry, &properties, table)?;
            self.warnings.extend(freshness_problem(&definition, table));
            let unique_id = definition.unique_id.clone();
            let enabled = definition.config.get("enabled").and_then(Json::as_bool).unwrap_or(true);
            if !enabled {
                let disabled = Disabled::Source(Arc::new(definition));
                self.manifest.disabled.entry(unique_id).or_default().push(disabled);
                continue;
            }
            if let Some(first) = self.manifest.sources.get(&unique_id) {
                let duplicate = crate::manifest::duplicate_resource(
                    Resource::Source(first),
                    Resource::Source(&definition),
                );
                return Err(duplicate.label(table.span.clone(), "").boxed());
            }
            self.manifest.sources.insert(unique_id, Arc::new(definition));
        }
        Ok(())
    }

    fn definition(
        &self,
        entry: &SourceEntry,
        source: &SourceProperties<'_>,
        table: &TableProperties<'_>,
    ) -> Result<SourceDefinition> {
        let place = &entry.place;
        let mut fqn = vec![place.package.clone()];
        fqn.extend(place.folders.iter().cloned());
        fqn.extend([source.name.clone(), table.name.clone()]);
        let properties = source.table_config(table)?;
        let of = ConfigOf { resource: Configurable::Source, package: &place.package, fqn: &fqn };
        let config = Arc::unwrap_or_clone(self.trees.resolve(&of, &properties, &Map::new())?);
        let written = self.trees.written(&of, &properties, &Map::new());
        let quoting = table.quoting.over(source.quoting);
        let quoting = Quoting {
            database: quoting.database,
            schema: quoting.schema,
            identifier: quoting.identifier,
            column: None,
        };
        let connection = self.request.place_of(&config).map_err(|problem| {
            problem.subject(format!("source {}.{}", source.name, table.name)).label(table.span.clone(), "")
        })?;
        let database = source.database.clone().unwrap_or_else(|| {
            connection.map_or(&self.request.target.database, |place| &place.database).clone()
        });
        let schema = source.schema.clone().unwrap_or_else(|| source.name.clone());
        let identifier = table.identifier.clone().unwrap_or_else(|| table.name.clone());
        let naming = Naming::new(self.request, &self.scopes);
        let relation_name =
            naming.source_relation(quoting, [Some(&database), Some(&schema), Some(&identifier)]);
        let (columns, _) = table_columns(&table.columns, table.tests)?;
        let text = |key: &str| config.get(key).and_then(Json::as_str).map(str::to_owned);
        let written_text = |key: &str| entry.written.get(key).and_then(Yaml::scalar_text);
        let freshness = config
            .get("freshness")
            .filter(|freshness| !freshness.is_null())
            .and_then(|freshness| serde_json::from_value::<Freshness>(freshness.clone()).ok());
        Ok(SourceDefinition {
            unique_id: format!("source.{}.{}.{}", place.package, source.name, table.name),
            database: Some(database),
            schema,
            name: table.name.clone(),
            package_name: place.package.clone(),
            path: place.file.clone(),
            original_file_path: place.file.clone(),
            fqn,
            source_name: source.name.clone(),
            source_description: source.description.clone().unwrap_or_default(),
            loader: source.loader.clone(),
            identifier,
            quoting,
            loaded_at_field: text("loaded_at_field"),
            loaded_at_query: text("loaded_at_query"),
            freshness,
            external: table.external.as_ref().map(external),
            description: table.description.clone().unwrap_or_default(),
            columns,
            meta: config.get("meta").and_then(Json::as_object).cloned().unwrap_or_default(),
            source_meta: source.source_meta(),
            tags: tags(&config),
            relation_name: Some(relation_name),
            created_at: self.request.now,
            unrendered_database: written_text("database"),
            unrendered_schema: written_text("schema"),
            unrendered_config: written,
            config,
            ..SourceDefinition::default()
        })
    }

    fn queue_source_tests(
        &mut self,
        entry: &SourceEntry,
        source: &SourceProperties<'_>,
        table: &TableProperties<'_>,
    ) -> Result<()> {
        let (_, mut tests) = table_columns(&table.columns, table.tests)?;
        tests.quote_columns = table.quoting.column.or(source.quoting.column);
        if tests.tests.is_empty() && tests.columns.is_empty() {
            return Ok(());
        }
        self.tests.push(TestGroup {
            place: entry.place.at(table.span.clone()),
            attached: Attached::Source { source: source.name.clone(), table: table.name.clone() },
            tests,
            tags: source.tags.iter().chain(&table.tags).cloned().collect(),
            attached_node: None,
            group: None,
        });
        Ok(())
    }
}

/// Two entries that override the same source.
fn twice_patched(patches: &[SourceEntry]) -> Option<Diagnostic> {
    let text = |patch: &SourceEntry, key: &str| patch.rendered.get(key)?.as_str().map(str::to_owned);
    let key = |patch: &SourceEntry| Some((text(patch, "overrides")?, text(patch, "name")?));
    let (first, second) = patches.iter().enumerate().find_map(|(at, patch)| {
        let wanted = key(patch)?;
        patches[..at]
            .iter()
            .find(|earlier| key(earlier).as_ref() == Some(&wanted))
            .map(|first| (first, patch))
    })?;
    let name = text(second, "name").unwrap_or_default();
    let message = format!(
        "dbt found two schema.yml entries for the same source named {name} in package {}. Resources may only be described a \
         single time. To fix this, remove the source entry for {name} in one of these files:\n - {}\n - {}",
        text(second, "overrides").unwrap_or_default(),
        first.place.file,
        second.place.file
    );
    Some(
        Diagnostic::compilation("source-overridden-twice", message)
            .label(second.place.span.clone(), "")
            .help("keep one of the two entries"),
    )
}

/// The `load` that is written here, with its own places.
fn check_load(owner: &Yaml) -> Result<()> {
    owner.path(&["config", "load"]).filter(|load| !load.is_null()).map_or(Ok(()), Load::check)
}

fn tags(config: &Map<String, Json>) -> Vec<String> {
    match config.get("tags") {
        Some(Json::Array(tags)) => tags.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
        Some(Json::String(tag)) => vec![tag.clone()],
        _ => Vec::new(),
    }
}

/// Thresholds need to know which column tells when rows were loaded: Postgres itself does not.
fn freshness_problem(source: &SourceDefinition, table: &TableProperties<'_>) -> Option<Diagnostic> {
    if source.loaded_at_field.is_some() || source.loaded_at_query.is_some() {
        return None;
    }
    let freshness = source.config.get("freshness")?;
    let is_set = |key: &str| {
        let threshold = freshness.get(key);
        ["count", "period"]
            .iter()
            .all(|part| threshold.and_then(|age| age.get(part)).is_some_and(|value| !value.is_null()))
    };
    if !is_set("warn_after") && !is_set("error_after") {
        return None;
    }
    let warning = Diagnostic::warning(
        "FreshnessConfigProblem",
        format!(
            "The configured adapter does not support metadata-based freshness. A loaded_at_field must be \
             specified for source '{}.{}'.",
            source.source_name, source.name
        ),
    );
    Some(warning.label(table.span.clone(), ""))
}

fn overrides(patch: &SourceEntry, entry: &SourceEntry) -> bool {
    let text = |yaml: &Yaml, key: &str| yaml.get(key).and_then(Yaml::scalar_text);
    text(&patch.rendered, "overrides").as_deref() == Some(&entry.place.package)
        && text(&patch.rendered, "name") == text(&entry.rendered, "name")
}

/// The entry with the patch's keys over its own, tables by name.
fn patched(entry: &Yaml, patch: &Yaml) -> Yaml {
    let mut result = entry.clone();
    let (Some(target), Some(changes)) = (result.as_mapping_mut(), patch.as_mapping()) else { return result };
    for change in changes {
        match change.key.as_str() {
            "overrides" | "name" => {}
            "tables" => {
                if let Some(tables) = target.remove("tables") {
                    let merged = patched_tables(&tables, &change.value);
                    target.insert("tables".to_owned(), change.key_start, merged);
                }
            }
            key => target.insert(key.to_owned(), change.key_start, change.value.clone()),
        }
    }
    result
}

fn patched_tables(tables: &Yaml, patches: &Yaml) -> Yaml {
    let name = |yaml: &Yaml| yaml.get("name").and_then(Yaml::scalar_text);
    let items: Vec<Yaml> = tables
        .as_sequence()
        .unwrap_or_default()
        .iter()
        .map(|table| {
            let patch =
                patches.as_sequence().unwrap_or_default().iter().find(|patch| name(patch) == name(table));
            patch.map_or_else(|| table.clone(), |patch| patched(table, patch))
        })
        .collect();
    Yaml::new(crate::config::yaml::Kind::Sequence(items), &tables.span())
}

fn unused_patch(patch: &SourceEntry) -> Diagnostic {
    let text = |key: &str| patch.rendered.get(key).and_then(Yaml::scalar_text).unwrap_or_default();
    Diagnostic::warning(
        "UnusedTables",
        format!(
            "During parsing, dbt encountered source overrides that had no target:\n  - Source {}.{} (in {})",
            text("overrides"),
            text("name"),
            patch.place.file
        ),
    )
    .label(patch.place.span.clone(), "")
}

/// dbt's keys first, absent ones as null, then the user's own.
fn external(given: &Json) -> Json {
    let Some(given) = given.as_object() else { return given.clone() };
    let mut all = Map::new();
    for key in ["location", "file_format", "row_format", "tbl_properties", "partitions"] {
        all.insert(key.to_owned(), given.get(key).cloned().unwrap_or(Json::Null));
    }
    for (key, value) in given {
        all.entry(key.clone()).or_insert_with(|| value.clone());
    }
    Json::Object(all)
}
