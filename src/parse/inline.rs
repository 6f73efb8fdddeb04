//! `--inline` SQL: a node that belongs to no file.

use std::sync::Arc;

use serde_json::Map;

use super::ParseRequest;
use super::scope::Scopes;
use crate::diagnostic::{Diagnostics, SourceText, Span};
use crate::hashed::HashSet;
use crate::jinja::Context;
use crate::manifest::{FileHash, Lookup, Manifest, Node, NodeKind, Precedence, ResolveContext};

/// The name of the node that `--inline` makes.
pub(crate) const INLINE_NAME: &str = "inline_query";

/// Adds the node to the manifest, with its references resolved, and returns its unique id.
///
/// # Errors
/// When its Jinja is wrong, or it refers to what is not there.
pub(crate) fn inline(
    request: &ParseRequest<'_>,
    manifest: &mut Manifest,
    sql: &str,
) -> Result<String, Diagnostics> {
    let package = request.root_name().to_owned();
    let unique_id = format!("sql_operation.{package}.{INLINE_NAME}");
    let path = format!("from remote system/{INLINE_NAME}.sql");
    let node = Arc::new(Node {
        kind: NodeKind::SqlOperation,
        unique_id: unique_id.clone(),
        name: INLINE_NAME.to_owned(),
        alias: INLINE_NAME.to_owned(),
        fqn: vec![package.clone(), "sql".to_owned(), INLINE_NAME.to_owned()],
        package_name: package,
        path: format!("sql/{INLINE_NAME}"),
        original_file_path: path.clone(),
        checksum: FileHash::default(),
        raw_code: Arc::from(sql),
        schema: request.target.schema.clone(),
        database: Some(request.target.database.clone()),
        created_at: request.now,
        config: Arc::new(crate::config::node_config::plain_defaults()),
        ..Node::default()
    });
    let scopes = Scopes::new(&request.shared, request.relation_of);
    let scope = Arc::new(scopes.of_node(&node));
    let context: Arc<dyn Context> = scope.clone();
    let source = SourceText::new(path, sql);
    request.engine.render(&source, &context)?;
    let recorded = scope.take_recorded();
    drop((context, scope));
    let mut draft = super::draft::Draft::new(node, None);
    draft.absorb(recorded)?;
    let calls = std::mem::take(&mut draft.calls);
    draft.node_mut().config_mut().extend(Map::from(calls));
    let mut alone = Manifest::clone(manifest);
    alone.nodes.insert(unique_id.clone(), draft.node);
    let lookup = Lookup::new(&alone, request.root_name(), Precedence::RootPackageFirst);
    let whole = Span::new(&source, 0..sql.lines().next().unwrap_or_default().len());
    let context = ResolveContext {
        lookup: &lookup,
        restricted_packages: &HashSet::default(),
        locate: &|resource, _| (resource.unique_id() == unique_id).then(|| whole.clone()),
    };
    alone.resolve_edges(&context)?;
    *manifest = alone;
    Ok(unique_id)
}
