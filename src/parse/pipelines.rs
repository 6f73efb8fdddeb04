//! Pipeline files as nodes: a model that merges its staging table, with the file's schedule in its config.

use serde_json::{Map, Value as Json, json};

use super::ParseRequest;
use super::draft::Draft;
use crate::config::pipelines::Pipeline;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::manifest::{FileHash, ModelPart, Node, NodeKind};
use crate::project::{FileKind, Package, SourceFile};

/// The drafts of a package's pipeline files, each with its file as it was read.
pub(super) fn drafts(
    request: &ParseRequest<'_>,
    package: &Package,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Vec<(Draft, Pipeline)>, Diagnostics> {
    let mut drafts = Vec::new();
    let mut problems = Vec::new();
    for file in package.files.of(FileKind::Pipeline) {
        match Pipeline::read(&file.source, warnings) {
            Ok(Some(pipeline)) => drafts.push((draft(request, package, file, &pipeline), pipeline)),
            Ok(None) => {}
            Err(problem) => problems.push(*problem),
        }
    }
    if problems.is_empty() { Ok(drafts) } else { Err(Diagnostics(problems)) }
}

fn draft(request: &ParseRequest<'_>, package: &Package, file: &SourceFile, pipeline: &Pipeline) -> Draft {
    let mut fqn = vec![package.name().to_owned()];
    let folders = file.fqn_parts();
    fqn.extend(folders.iter().take(folders.len().saturating_sub(1)).map(|&folder| folder.to_owned()));
    fqn.push(pipeline.id.clone());
    let checksum = file.checksum();
    let node = Node {
        kind: NodeKind::Model(Box::<ModelPart>::default()),
        unique_id: format!("model.{}.{}", package.name(), pipeline.id),
        name: pipeline.id.clone(),
        alias: pipeline.id.clone(),
        package_name: package.name().to_owned(),
        path: file.relative_path.clone(),
        original_file_path: file.original_file_path(),
        fqn,
        checksum: FileHash { name: checksum.name, checksum: checksum.checksum },
        schema: request.target.schema.clone(),
        database: Some(request.target.database.clone()),
        created_at: request.now,
        ..Node::default()
    };
    let mut draft = Draft::new(node, Some(pipeline.span.clone()));
    draft.calls = config(pipeline, &request.target.schema).into();
    draft
}

/// The target's own schema is no custom one, which would be named after both.
fn config(pipeline: &Pipeline, target_schema: &str) -> Map<String, Json> {
    let merge = &pipeline.merge;
    let (schema, table) = split(&merge.destination_table);
    let mut config = json!({
        "materialized": "incremental",
        "incremental_strategy": "merge_upsert",
        "alias": table,
        "unique_key": merge.unique_keys,
        "updated_at": merge.updated_at,
        "consume": true,
        "on_schema_change": "append_new_columns",
        "schedule": pipeline.schedule,
    });
    if let Some(schema) = schema.filter(|schema| *schema != target_schema) {
        config["schema"] = schema.into();
    }
    for (key, place) in &merge.places {
        config["written_at"][*key] = place.as_str().into();
    }
    if !merge.order_by.is_empty() {
        config["order_by"] = json!(merge.order_by);
    }
    if let Some(condition) = &merge.delete_when {
        config["delete_when"] = condition.as_str().into();
    }
    if let Some(owner) = &pipeline.owner {
        config["meta"] = json!({"owner": owner});
    }
    match config {
        Json::Object(config) => config,
        _ => Map::new(),
    }
}

/// `schema.table` or `table`.
pub(super) fn split(name: &str) -> (Option<&str>, &str) {
    name.split_once('.').map_or((None, name), |(schema, table)| (Some(schema), table))
}
