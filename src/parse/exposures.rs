//! Exposures and groups.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::properties::EntryPlace;
use super::settle::Parser;
use super::trees::ConfigOf;
use crate::config::Configurable;
use crate::config::properties::{ExposureProperties, GroupProperties};
use crate::context::{Engine, ParseScope, Recorded, Subject};
use crate::diagnostic::{Diagnostic, Result};
use crate::jinja::{Context, Value};
use crate::manifest::{Disabled, Exposure, FileHash, Group, Owner, Resource};

impl Parser<'_> {
    pub(super) fn add_groups(&mut self, problems: &mut Vec<Diagnostic>) {
        let entries: Vec<(EntryPlace, GroupProperties)> =
            self.entries.iter_mut().flat_map(|file| std::mem::take(&mut file.groups)).collect();
        for (place, properties) in entries {
            let unique_id = format!("group.{}.{}", place.package, properties.name);
            let config = match self.group_config(&place, &properties) {
                Ok(config) => config,
                Err(problem) => {
                    problems.push(*problem);
                    continue;
                }
            };
            let group = Group {
                name: properties.name.clone(),
                package_name: place.package.clone(),
                path: place.relative.clone(),
                original_file_path: place.file.clone(),
                unique_id: unique_id.clone(),
                owner: owner(&properties.owner),
                description: properties.description.clone(),
                config,
                ..Group::default()
            };
            if self.manifest.groups.insert(unique_id, group).is_some() {
                problems.push(
                    Diagnostic::compilation(
                        "duplicate-group",
                        format!("dbt found two groups with the name \"{}\"", properties.name),
                    )
                    .label(place.span, "")
                    .help("rename one of the two groups"),
                );
            }
        }
    }

    /// dbt: what dbt_project.yml says of models holds for groups, too, but for their hooks.
    fn group_config(&self, place: &EntryPlace, properties: &GroupProperties) -> Result<Map<String, Json>> {
        let mut fqn = vec![place.package.clone()];
        fqn.extend(place.folders.iter().cloned());
        fqn.push(properties.name.clone());
        let of = ConfigOf { resource: Configurable::Group, package: &place.package, fqn: &fqn };
        let mut config = Arc::unwrap_or_clone(self.trees.resolve(&of, &properties.config, &Map::new())?);
        config.retain(|key, _| !matches!(key.as_str(), "pre-hook" | "post-hook" | "pre_hook" | "post_hook"));
        Ok(config)
    }

    pub(super) fn add_exposures(&mut self, problems: &mut Vec<Diagnostic>) {
        let entries: Vec<(EntryPlace, ExposureProperties, Map<String, Json>)> =
            self.entries.iter_mut().flat_map(|file| std::mem::take(&mut file.exposures)).collect();
        for (place, properties, written) in entries {
            match self.exposure(&place, &properties, &written) {
                Ok(exposure) => {
                    let unique_id = exposure.unique_id.clone();
                    let enabled = exposure.config.get("enabled").and_then(Json::as_bool).unwrap_or(true);
                    if !enabled {
                        let disabled = Disabled::Exposure(Box::new(exposure));
                        self.manifest.disabled.entry(unique_id).or_default().push(disabled);
                    } else if let Some(first) = self.manifest.exposures.get(&unique_id) {
                        problems.push(
                            crate::manifest::duplicate_resource(
                                Resource::Exposure(first),
                                Resource::Exposure(&exposure),
                            )
                            .label(place.span, ""),
                        );
                    } else {
                        self.manifest.exposures.insert(unique_id, exposure);
                    }
                }
                Err(problem) => problems.push(*problem),
            }
        }
    }

    fn exposure(
        &self,
        place: &EntryPlace,
        properties: &ExposureProperties,
        written: &Map<String, Json>,
    ) -> Result<Exposure> {
        check_name(place, properties)?;
        let mut fqn = vec![place.package.clone()];
        fqn.extend(place.folders.iter().cloned());
        fqn.push(properties.name.clone());
        let of = ConfigOf { resource: Configurable::Exposure, package: &place.package, fqn: &fqn };
        let mut config = Arc::unwrap_or_clone(self.trees.resolve(&of, &properties.config, &Map::new())?);
        // dbt: what stands at the top of the entry is joined to the finished config
        let of_all = |key: &str| self.of_all_exposures(&place.package, key);
        let mut tags = joined_tags(&properties.tags, of_all("tags").as_ref());
        tags = joined_tags(&tags, config.get("tags"));
        config.insert("tags".to_owned(), tags.clone().into());
        let mut meta = match of_all("meta") {
            Some(Json::Object(meta)) => meta,
            _ => Map::new(),
        };
        meta.extend(properties.meta.clone());
        if let Some(Json::Object(more)) = config.get("meta") {
            meta.extend(more.clone());
        }
        config.insert("meta".to_owned(), Json::Object(meta.clone()));
        let unrendered_config = self.trees.written(&of, written, &Map::new());
        let mut recorded = Recorded::default();
        for (text, span) in &properties.depends_on {
            let here = place.at(span.clone());
            let more = self.record_expression(text, &here)?;
            recorded.refs.extend(more.refs);
            recorded.sources.extend(more.sources);
            recorded.metrics.extend(more.metrics);
        }
        Ok(Exposure {
            name: properties.name.clone(),
            unique_id: format!("exposure.{}.{}", place.package, properties.name),
            package_name: place.package.clone(),
            path: place.relative.clone(),
            original_file_path: place.file.clone(),
            fqn,
            kind: properties.kind.clone(),
            owner: owner(&properties.owner),
            description: properties.description.clone(),
            label: properties.label.clone(),
            maturity: properties.maturity.clone(),
            meta,
            tags,
            config,
            unrendered_config,
            url: properties.url.clone(),
            refs: recorded.refs,
            sources: recorded.sources,
            metrics: recorded.metrics,
            created_at: self.request.now,
            ..Exposure::default()
        })
    }

    /// dbt: `tags` and `meta` that dbt_project.yml has right below `exposures:`, without a plus, are joined rather than replaced.
    fn of_all_exposures(&self, package: &str, key: &str) -> Option<Json> {
        let package = self.request.project.all().find(|known| known.name() == package)?;
        let tree = package.file.tree(Configurable::Exposure)?;
        tree.get(key).map(crate::config::Yaml::to_json)
    }

    /// What a bare `ref('x')`, `source('a', 'b')` or `metric('m')` refers to.
    pub(super) fn record_expression(&self, text: &str, place: &EntryPlace) -> Result<Recorded> {
        let subject = Subject::text(&place.package);
        let scope = Arc::new(ParseScope::new(&self.request.shared, subject, Value::UNDEFINED));
        let context: Arc<dyn Context> = scope.clone();
        let inner = text.trim().trim_start_matches("{{").trim_end_matches("}}").trim();
        // dbt: a macro of the project that stands for `ref` is not called here
        Engine::bare().evaluate_expression(inner, &place.span, &context)?;
        let recorded = scope.take_recorded();
        if recorded.refs.is_empty()
            && recorded.sources.is_empty()
            && recorded.metrics.is_empty()
            && recorded.functions.is_empty()
        {
            return Err(Diagnostic::parsing(
                "reference-expression",
                format!("Invalid ref or source expression: {text}"),
            )
            .label(place.span.clone(), "")
            .help("write `ref('model')` or `source('source', 'table')`")
            .boxed());
        }
        Ok(recorded)
    }
}

/// The checksum of the properties file that an entry stands in.
pub(super) fn file_checksum(place: &EntryPlace) -> FileHash {
    let checksum = crate::project::Checksum::of_text(place.span.source.text.trim());
    FileHash { name: checksum.name, checksum: checksum.checksum }
}

/// All tags, sorted, each once.
fn joined_tags(top: &[String], config: Option<&Json>) -> Vec<String> {
    let mut tags = top.to_vec();
    match config {
        Some(Json::Array(more)) => tags.extend(more.iter().filter_map(Json::as_str).map(str::to_owned)),
        Some(Json::String(tag)) => tags.push(tag.clone()),
        _ => {}
    }
    tags.sort_unstable();
    tags.dedup();
    tags
}

fn owner(owner: &crate::config::properties::Owner) -> Owner {
    serde_json::from_value(owner.to_json()).unwrap_or_default()
}

fn check_name(place: &EntryPlace, properties: &ExposureProperties) -> Result<()> {
    let name = &properties.name;
    if name.chars().all(|c| c.is_alphanumeric() || c == '_') {
        return Ok(());
    }
    if properties.label.is_some() {
        return Err(Diagnostic::parsing(
            "exposure-name",
            format!("Invalid exposure name '{name}': use letters, numbers and underscores"),
        )
        .label(place.span.clone(), "")
        .help("the `label` may hold any text")
        .boxed());
    }
    Ok(())
}
