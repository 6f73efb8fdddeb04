//! Pipeline files as nodes: a model that merges its staging table or carries out a query, with the file's schedule in its config.

use serde_json::{Map, Value as Json, json};

use super::ParseRequest;
use super::draft::Draft;
use super::files;
use super::properties::{EntryPlace, EntryTests};
use super::scope::Scopes;
use super::test_group::{Attached, TestGroup};
use crate::config::pipelines::{Merge, Pipeline, Transform, Work};
use crate::diagnostic::{Diagnostic, Diagnostics, Result, did_you_mean};
use crate::manifest::{FileHash, ModelPart, Node, NodeKind};
use crate::project::{Checksum, FileKind, Package, SourceFile};

/// What the pipeline files of a package come to.
#[derive(Default)]
pub(super) struct Read {
    /// Each with its file as it was read.
    pub(super) drafts: Vec<(Draft, Pipeline)>,
    pub(super) tests: Vec<TestGroup>,
}

pub(super) fn read(
    request: &ParseRequest<'_>,
    scopes: &Scopes,
    package: &Package,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Read, Diagnostics> {
    let mut read = Read::default();
    let mut problems = Vec::new();
    for file in package.files.of(FileKind::Pipeline) {
        let made = Pipeline::read(&file.source, warnings).and_then(|pipeline| {
            let Some(pipeline) = pipeline else { return Ok(()) };
            read.drafts.push((draft(request, scopes, package, file, &pipeline)?, pipeline.clone()));
            read.tests.extend(tests(package, file, &pipeline));
            Ok(())
        });
        problems.extend(made.err().map(|problem| *problem));
    }
    if problems.is_empty() { Ok(read) } else { Err(Diagnostics(problems)) }
}

fn draft(
    request: &ParseRequest<'_>,
    scopes: &Scopes,
    package: &Package,
    file: &SourceFile,
    pipeline: &Pipeline,
) -> Result<Draft> {
    let node = node(request, package, file, pipeline);
    let mut config = config(pipeline, &request.target.schema);
    match &pipeline.work {
        Work::Merge(merge) => {
            add_merge(&mut config, merge);
            let mut draft = Draft::new(node, Some(pipeline.span.clone()));
            draft.calls = config.into();
            Ok(draft)
        }
        Work::Transform(transform) => {
            config.extend(transform.config.clone());
            let query = query_file(package, file, transform)?;
            let texts = [file.code(), query.code()].join("\n");
            let checksum = Checksum::of_text(&texts);
            // what goes wrong goes wrong there
            let node = Node {
                path: query.relative_path.clone(),
                original_file_path: query.original_file_path(),
                checksum: FileHash { name: checksum.name, checksum: checksum.checksum },
                raw_code: query.code().into(),
                ..node
            };
            let mut draft = files::render(request, scopes, node, files::code_span(query))?;
            refuse_twice(&draft, &config, pipeline)?;
            draft.calls.extend(config);
            Ok(draft)
        }
    }
}

fn node(request: &ParseRequest<'_>, package: &Package, file: &SourceFile, pipeline: &Pipeline) -> Node {
    let mut fqn = vec![package.name().to_owned()];
    let folders = file.fqn_parts();
    fqn.extend(folders.iter().take(folders.len().saturating_sub(1)).map(|&folder| folder.to_owned()));
    fqn.push(pipeline.id.clone());
    let checksum = file.checksum();
    Node {
        kind: NodeKind::Model(Box::<ModelPart>::default()),
        unique_id: format!("model.{}.{}", package.name(), pipeline.id),
        name: pipeline.id.clone(),
        alias: pipeline.id.clone(),
        package_name: package.name().to_owned(),
        // the file may hold tests, too
        path: format!("{}.sql", pipeline.id),
        original_file_path: file.original_file_path(),
        fqn,
        checksum: FileHash { name: checksum.name, checksum: checksum.checksum },
        schema: request.target.schema.clone(),
        database: Some(request.target.database.clone()),
        created_at: request.now,
        ..Node::default()
    }
}

/// What any pipeline says of its table. The target's own schema is no custom one, which would be named after both.
fn config(pipeline: &Pipeline, target_schema: &str) -> Map<String, Json> {
    let (schema, table) = split(&pipeline.destination_table);
    let mut config = Map::new();
    config.insert("alias".to_owned(), table.into());
    config.insert("schedule".to_owned(), json!(pipeline.schedule));
    if let Some(schema) = schema.filter(|schema| *schema != target_schema) {
        config.insert("schema".to_owned(), schema.into());
    }
    if let Some(owner) = &pipeline.owner {
        config.insert("meta".to_owned(), json!({"owner": owner}));
    }
    config
}

fn add_merge(config: &mut Map<String, Json>, merge: &Merge) {
    let mut set = |key: &str, value: Json| config.insert(key.to_owned(), value);
    set("materialized", json!("incremental"));
    set("incremental_strategy", json!("merge_upsert"));
    set("unique_key", json!(merge.unique_keys));
    set("updated_at", json!(merge.updated_at));
    set("consume", json!(true));
    set("on_schema_change", json!("append_new_columns"));
    let places = merge.places.iter().map(|(key, place)| ((*key).to_owned(), Json::from(place.as_str())));
    set("written_at", Json::Object(places.collect()));
    if !merge.order_by.is_empty() {
        set("order_by", json!(merge.order_by));
    }
    if let Some(condition) = &merge.delete_when {
        set("delete_when", json!(condition));
    }
}

/// Beside the pipeline file, else below the folder of all pipelines; its path may begin with that folder's.
fn query_file<'p>(package: &'p Package, file: &SourceFile, transform: &Transform) -> Result<&'p SourceFile> {
    let wanted = transform.sql_file.trim_start_matches("./");
    let folder = file.relative_path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let beside = if folder.is_empty() { wanted.to_owned() } else { format!("{folder}/{wanted}") };
    let queries = package.files.of(FileKind::PipelineQuery);
    let is = |path: &str| queries.iter().find(|query| query.relative_path == path);
    let whole = || queries.iter().find(|query| query.original_file_path() == wanted);
    is(&beside).or_else(|| is(wanted)).or_else(whole).ok_or_else(|| {
        let paths: Vec<&str> = queries.iter().map(|query| query.relative_path.as_str()).collect();
        let message = format!("there is no `{wanted}` in `{}`", file.searched_path);
        Diagnostic::parsing("pipeline", message)
            .label(transform.sql_file_span.clone(), "")
            .help(did_you_mean(wanted, paths.iter().copied()).unwrap_or_else(|| {
                "the query is a file of its own in the same folder: `sql_file: daily.sql`".to_owned()
            }))
            .boxed()
    })
}

/// What the pipeline file decides, its query does not.
fn refuse_twice(draft: &Draft, config: &Map<String, Json>, pipeline: &Pipeline) -> Result<()> {
    let Some(key) = config.keys().find(|key| *key != "meta" && draft.calls.contains_key(*key)) else {
        return Ok(());
    };
    let message =
        format!("`{key}` is set by `config()` in the query of `{}`, and by its pipeline file", pipeline.id);
    let mut problem =
        Diagnostic::parsing("pipeline", message).help(format!("remove `{key}` from `config()`"));
    if let Some(code) = &draft.code {
        problem = problem.label(code.clone(), "");
    }
    Err(problem.boxed())
}

fn tests(package: &Package, file: &SourceFile, pipeline: &Pipeline) -> Option<TestGroup> {
    let first = pipeline.tests.first()?;
    let attached = Attached::Node { yaml_key: "models", name: pipeline.id.clone(), version: None };
    Some(TestGroup {
        place: EntryPlace::of(package.name(), file, first.span()),
        attached,
        tests: EntryTests { tests: pipeline.tests.clone(), ..EntryTests::default() },
        tags: Vec::new(),
        attached_node: None,
        group: None,
    })
}

/// `schema.table` or `table`.
pub(super) fn split(name: &str) -> (Option<&str>, &str) {
    name.split_once('.').map_or((None, name), |(schema, table)| (Some(schema), table))
}
