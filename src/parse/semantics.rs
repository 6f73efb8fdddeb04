//! Metrics, semantic models and saved queries: carried into the manifest for MetricFlow, which computes them.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::properties::EntryPlace;
use super::settle::Parser;
use super::trees::ConfigOf;
use crate::config::Configurable;
use crate::config::properties::PropertyKind;
use crate::diagnostic::{Diagnostic, Result};
use crate::manifest::{Disabled, ElementConfig, Measure, Metric, SavedQuery, SemanticModel};

impl Parser<'_> {
    pub(super) fn add_semantics(&mut self, problems: &mut Vec<Diagnostic>) {
        let entries: Vec<(PropertyKind, EntryPlace, Json)> =
            self.entries.iter_mut().flat_map(|file| std::mem::take(&mut file.semantics)).collect();
        for (kind, place, entry) in entries {
            let added = match kind {
                PropertyKind::Metrics => self.add_metric(&place, entry),
                PropertyKind::SemanticModels => self.add_semantic_model(&place, entry),
                _ => self.add_saved_query(&place, entry),
            };
            if let Err(problem) = added {
                problems.push(*problem);
            }
        }
    }

    /// The entry with everything that its place and the project's configs add.
    fn completed(
        &self,
        resource: Configurable,
        place: &EntryPlace,
        entry: Json,
    ) -> Result<Map<String, Json>> {
        let mut entry = match entry {
            Json::Object(map) => map,
            _ => Map::new(),
        };
        let name = entry.get("name").and_then(Json::as_str).unwrap_or_default().to_owned();
        let mut fqn = vec![place.package.clone()];
        fqn.extend(place.folders.iter().cloned());
        fqn.push(name.clone());
        let mut given = match entry.shift_remove("config") {
            Some(Json::Object(config)) => config,
            _ => Map::new(),
        };
        // dbt: the meta of a metric stays out of its config, which hides it
        if resource != Configurable::Metric
            && let Some(Json::Object(meta)) = entry.get("meta")
        {
            given.entry("meta").or_insert_with(|| Json::Object(meta.clone()));
        }
        let of = ConfigOf { resource, package: &place.package, fqn: &fqn };
        let config = Arc::unwrap_or_clone(self.trees.resolve(&of, &given, &Map::new())?);
        let group = config.get("group").cloned().unwrap_or(Json::Null);
        let is_empty = |meta: &Json| meta.as_object().is_none_or(Map::is_empty);
        if let Some(meta) =
            config.get("meta").filter(|meta| resource != Configurable::Metric || !is_empty(meta))
        {
            entry.insert("meta".to_owned(), meta.clone());
        }
        let written = self.trees.written(&of, &given, &Map::new());
        for (key, value) in [
            ("config", Json::Object(config)),
            ("unrendered_config", Json::Object(written)),
            ("group", group),
            ("fqn", fqn.into()),
            ("package_name", place.package.clone().into()),
            ("path", place.relative.clone().into()),
            ("original_file_path", place.file.clone().into()),
            ("unique_id", format!("{}.{}.{name}", resource.name(), place.package).into()),
            ("created_at", self.request.now.into()),
        ] {
            entry.insert(key.to_owned(), value);
        }
        Ok(entry)
    }

    fn add_metric(&mut self, place: &EntryPlace, entry: Json) -> Result<()> {
        let entry = self.completed(Configurable::Metric, place, entry)?;
        check_metric(place, &entry)?;
        let mut metric: Metric = typed(place, entry, "metric")?;
        if metric.kind == "cumulative" {
            let params = &mut metric.type_params;
            let own = params.cumulative_type_params.get_or_insert_default();
            own.window = own.window.take().or_else(|| params.window.clone());
            own.grain_to_date = own.grain_to_date.take().or_else(|| params.grain_to_date.clone());
        }
        let unique_id = metric.unique_id.clone();
        self.semantic_places.insert(unique_id.clone(), place.span.clone());
        if enabled(&metric.config) {
            if self.manifest.metrics.insert(unique_id.clone(), metric).is_some() {
                let name = unique_id.rsplit('.').next().unwrap_or_default();
                return Err(Diagnostic::compilation(
                    "duplicate-resource",
                    format!("dbt found two metrics with the name \"{name}\"."),
                )
                .label(place.span.clone(), "the second one")
                .help("rename one of the two")
                .boxed());
            }
        } else {
            let disabled = Disabled::Metric(Box::new(metric));
            self.manifest.disabled.entry(unique_id).or_default().push(disabled);
        }
        Ok(())
    }

    fn add_semantic_model(&mut self, place: &EntryPlace, entry: Json) -> Result<()> {
        let entry = self.completed(Configurable::SemanticModel, place, entry)?;
        let mut model: SemanticModel = typed(place, entry, "semantic model")?;
        model.refs = self.record_expression(&model.model, place)?.refs;
        share_meta(&mut model);
        for measure in model.measures.iter().filter(|measure| measure.create_metric) {
            self.add_metric(place, metric_of(measure, &model.config))?;
        }
        // dbt: the flag has done its work and is not kept
        model.measures.iter_mut().for_each(|measure| measure.create_metric = false);
        let unique_id = model.unique_id.clone();
        self.semantic_places.insert(unique_id.clone(), place.span.clone());
        if enabled(&model.config) {
            if self.manifest.semantic_models.insert(unique_id.clone(), model).is_some() {
                return Err(duplicate(place, &unique_id));
            }
        } else {
            let disabled = Disabled::SemanticModel(Box::new(model));
            self.manifest.disabled.entry(unique_id).or_default().push(disabled);
        }
        Ok(())
    }

    fn add_saved_query(&mut self, place: &EntryPlace, entry: Json) -> Result<()> {
        let mut entry = self.completed(Configurable::SavedQuery, place, entry)?;
        let schema = self.request.target.schema.clone();
        let database = self.request.target.database.clone();
        let mut tags = texts(entry.get("tags"));
        tags.extend(texts(entry.get("config").and_then(|config| config.get("tags"))));
        tags.sort_unstable();
        tags.dedup();
        entry.insert("tags".to_owned(), tags.into());
        let common = entry.get("config").and_then(Json::as_object).cloned().unwrap_or_default();
        if let Some(Json::Array(exports)) = entry.get_mut("exports") {
            for export in exports.iter_mut().filter_map(Json::as_object_mut) {
                let name = export.get("name").cloned().unwrap_or(Json::Null);
                let config = export.entry("config").or_insert_with(|| json!({}));
                let written = config.clone();
                if let Some(config) = config.as_object_mut() {
                    for key in ["export_as", "schema"] {
                        if let Some(value) = common.get(key).filter(|value| !value.is_null()) {
                            config.entry(key).or_insert_with(|| value.clone());
                        }
                    }
                    if let Some(custom) = config.shift_remove("schema") {
                        config.insert("schema_name".to_owned(), custom);
                    }
                    config.entry("schema_name").or_insert_with(|| schema.clone().into());
                    config.entry("alias").or_insert(name);
                    config.entry("database").or_insert_with(|| database.clone().into());
                }
                export.insert("unrendered_config".to_owned(), written);
            }
        }
        let query: SavedQuery = typed(place, entry, "saved query")?;
        let unique_id = query.unique_id.clone();
        self.semantic_places.insert(unique_id.clone(), place.span.clone());
        if enabled(&query.config) {
            if self.manifest.saved_queries.insert(unique_id.clone(), query).is_some() {
                return Err(duplicate(place, &unique_id));
            }
        } else {
            let disabled = Disabled::SavedQuery(Box::new(query));
            self.manifest.disabled.entry(unique_id).or_default().push(disabled);
        }
        Ok(())
    }
}

/// dbt's rules for the names of metrics, and the keys that they need.
fn check_metric(place: &EntryPlace, entry: &Map<String, Json>) -> Result<()> {
    let refuse = |message: String, help: &str| {
        Err(Diagnostic::parsing("invalid-metric", message).label(place.span.clone(), "").help(help).boxed())
    };
    let name = entry.get("name").and_then(Json::as_str).unwrap_or_default();
    let mut problems = Vec::new();
    if name.contains(' ') {
        problems.push("cannot contain spaces");
    }
    if name.chars().count() > 250 {
        problems.push("cannot contain more than 250 characters");
    }
    if !name.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
        problems.push("must begin with a letter");
    }
    if !name.chars().all(|letter| letter.is_alphanumeric() || letter == '_') {
        problems.push("must contain only letters, numbers and underscores");
    }
    if !problems.is_empty() {
        return refuse(
            format!("The metric name '{name}' is invalid.  It {}", problems.join(", ")),
            "rename it",
        );
    }
    // the newer form of metrics has its parameters beside `type`
    let newer = ["agg", "expr", "input_metrics", "input_metric", "numerator", "base_metric"];
    let is_newer = newer.iter().any(|key| entry.contains_key(*key));
    for key in ["label", "type", "type_params"] {
        if !entry.contains_key(key) && !is_newer {
            let help =
                "metrics of dbt before 1.6 have `calculation_method`: they belong into semantic models now";
            return refuse(format!("'{key}' is a required property of metric '{name}'"), help);
        }
    }
    Ok(())
}

/// dbt: entities, measures and dimensions inherit the model's `meta`.
fn share_meta(model: &mut SemanticModel) {
    let common = model.config.get("meta").and_then(Json::as_object).cloned().unwrap_or_default();
    let share = |config: &mut Option<ElementConfig>| {
        let mut meta = common.clone();
        meta.extend(config.take().unwrap_or_default().meta);
        *config = Some(ElementConfig { meta });
    };
    model.entities.iter_mut().for_each(|it| share(&mut it.config));
    model.measures.iter_mut().for_each(|it| share(&mut it.config));
    model.dimensions.iter_mut().for_each(|it| share(&mut it.config));
}

/// The metric that `create_metric: true` makes of a measure.
fn metric_of(measure: &Measure, config: &Map<String, Json>) -> Json {
    let description = measure.description.clone();
    json!({
        "name": measure.name,
        "label": measure.label.as_ref().unwrap_or(&measure.name),
        "type": "simple",
        "type_params": {"measure": measure.name, "expr": measure.expr.as_ref().unwrap_or(&measure.name)},
        "description": description.unwrap_or_else(|| format!("Metric created from measure {}", measure.name)),
        "config": {"enabled": enabled(config), "meta": config.get("meta").cloned().unwrap_or_else(|| json!({}))},
    })
}

/// One text or a list of them.
fn texts(value: Option<&Json>) -> Vec<String> {
    match value {
        Some(Json::String(text)) => vec![text.clone()],
        Some(Json::Array(list)) => list.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn enabled(config: &Map<String, Json>) -> bool {
    config.get("enabled").and_then(Json::as_bool).unwrap_or(true)
}

fn typed<T: serde::de::DeserializeOwned>(
    place: &EntryPlace,
    entry: Map<String, Json>,
    noun: &str,
) -> Result<T> {
    serde_json::from_value(Json::Object(entry)).map_err(|error| {
        Diagnostic::parsing("semantic-shape", format!("the {noun} cannot be read: {error}"))
            .subject(format!("{noun} in {}", Arc::clone(&place.span.source).path))
            .label(place.span.clone(), "")
            .help(format!("compare its keys with dbt's reference of {noun}s"))
            .boxed()
    })
}

fn duplicate(place: &EntryPlace, unique_id: &str) -> Box<Diagnostic> {
    Diagnostic::compilation(
        "duplicate-resource",
        format!("dbt found two resources with the unique id \"{unique_id}\""),
    )
    .label(place.span.clone(), "the second one")
    .help("rename one of the two")
    .boxed()
}
