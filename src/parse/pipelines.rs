//! Pipeline files as nodes: a model that merges its staging table, with the file's schedule in its config.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::ParseRequest;
use super::draft::Draft;
use super::settle::Parser;
use crate::adapter::quote_identifier;
use crate::config::pipelines::Pipeline;
use crate::diagnostic::{Diagnostic, Diagnostics, Result, did_you_mean};
use crate::manifest::{FileHash, ModelPart, Node, NodeKind, RefArgs};
use crate::project::{FileKind, Package, SourceFile};

/// The drafts of a package's pipeline files, each with its file as it was read.
pub(super) fn drafts(
    request: &ParseRequest<'_>,
    package: &Package,
) -> Result<Vec<(Draft, Pipeline)>, Diagnostics> {
    let mut drafts = Vec::new();
    let mut problems = Vec::new();
    for file in package.files.of(FileKind::Pipeline) {
        match Pipeline::read(&file.source) {
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
    draft.calls = config(pipeline).into();
    draft
}

fn config(pipeline: &Pipeline) -> Map<String, Json> {
    let merge = &pipeline.merge;
    let (schema, table) = split(&merge.destination_table);
    let mut config = json!({
        "materialized": "incremental",
        "incremental_strategy": "merge_upsert",
        "alias": table,
        "unique_key": merge.unique_keys,
        "updated_at": merge.updated_at,
        "consume": true,
        "schedule": pipeline.schedule,
    });
    if let Some(schema) = schema {
        config["schema"] = schema.into();
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
fn split(name: &str) -> (Option<&str>, &str) {
    name.split_once('.').map_or((None, name), |(schema, table)| (Some(schema), table))
}

impl Parser<'_> {
    /// What pipelines read and wait for, once all names of the project are known.
    pub(super) fn link_pipelines(&mut self) -> Result<(), Diagnostics> {
        let mut problems = Vec::new();
        for (at, pipeline) in std::mem::take(&mut self.pipelines) {
            self.link_staging(at, &pipeline);
            if let Err(problem) = self.link_upstreams(at, &pipeline) {
                problems.push(*problem);
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(Diagnostics(problems)) }
    }

    /// The staging table is a model or seed of that name, else a source, else just a table of the database.
    fn link_staging(&mut self, at: usize, pipeline: &Pipeline) {
        let name = pipeline.merge.staging_table.as_str();
        let (schema, table) = split(name);
        let is_node = schema.is_none()
            && self.drafts.iter().any(|draft| draft.node.name == table && draft.node.is_refable());
        let source = self.source_of(schema, table);
        let draft = &mut self.drafts[at];
        let code = if is_node {
            draft.node_mut().refs.push(RefArgs { name: table.to_owned(), ..RefArgs::default() });
            format!("select * from {{{{ ref('{table}') }}}}")
        } else if let Some([source, table]) = source {
            let code = format!("select * from {{{{ source('{source}', '{table}') }}}}");
            draft.node_mut().sources.push(vec![source, table]);
            code
        } else {
            let relation = match schema {
                Some(schema) => format!("{}.{}", quote_identifier(schema), quote_identifier(table)),
                None => quote_identifier(table),
            };
            draft.calls.insert("consume".to_owned(), relation.as_str().into());
            format!("select * from {relation}")
        };
        draft.node_mut().raw_code = Arc::from(code);
    }

    /// The source and table names of a declared source table.
    fn source_of(&self, schema: Option<&str>, table: &str) -> Option<[String; 2]> {
        self.entries.iter().flat_map(|file| &file.sources).find_map(|entry| {
            let source = entry.rendered.get("name")?.as_str()?;
            let own_schema =
                entry.rendered.get("schema").and_then(|schema| schema.as_str()).unwrap_or(source);
            if schema.is_some_and(|schema| schema != own_schema) {
                return None;
            }
            let tables = entry.rendered.get("tables")?.as_sequence()?;
            tables.iter().find_map(|entry| {
                let name = entry.get("name")?.as_str()?;
                let identifier = entry.get("identifier").and_then(|text| text.as_str()).unwrap_or(name);
                (identifier == table).then(|| [source.to_owned(), name.to_owned()])
            })
        })
    }

    fn link_upstreams(&mut self, at: usize, pipeline: &Pipeline) -> Result<()> {
        for (upstream, span) in pipeline.schedule.upstream_dependencies.iter().zip(&pipeline.upstream_spans) {
            let known = || self.drafts.iter().filter(|draft| draft.node.is_refable());
            if !known().any(|draft| draft.node.name == upstream.dag_id) {
                let names: Vec<&str> = known().map(|draft| draft.node.name.as_str()).collect();
                return Err(Diagnostic::parsing(
                    "pipeline",
                    format!(
                        "`{}` waits for `{}`, which is no pipeline or model",
                        pipeline.id, upstream.dag_id
                    ),
                )
                .label(span.clone(), "")
                .maybe_help(did_you_mean(&upstream.dag_id, names.iter().copied()))
                .boxed());
            }
            let reference = RefArgs { name: upstream.dag_id.clone(), ..RefArgs::default() };
            let refs = &mut self.drafts[at].node_mut().refs;
            if !refs.contains(&reference) {
                refs.push(reference);
            }
        }
        Ok(())
    }
}
