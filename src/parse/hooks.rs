//! `on-run-start` and `on-run-end` of every project, as nodes.

use std::sync::Arc;

use super::ParseRequest;
use super::draft::Draft;
use super::scope::Scopes;
use crate::config::Yaml;
use crate::diagnostic::{Diagnostics, Result};
use crate::jinja::Context;
use crate::manifest::{FileHash, Node, NodeKind};
use crate::project::{Checksum, Package};

pub(super) fn drafts(
    request: &ParseRequest<'_>,
    scopes: &Scopes,
    package: &Package,
) -> Result<Vec<Draft>, Diagnostics> {
    let mut drafts = Vec::new();
    for (kind, hooks) in
        [("on-run-start", &package.file.on_run_start), ("on-run-end", &package.file.on_run_end)]
    {
        for (index, hook) in hooks.iter().enumerate() {
            drafts.push(draft(request, scopes, package, (kind, index, hook))?);
        }
    }
    Ok(drafts)
}

fn draft(
    request: &ParseRequest<'_>,
    scopes: &Scopes,
    package: &Package,
    (kind, index, hook): (&str, usize, &Yaml),
) -> Result<Draft> {
    let name = format!("{}-{kind}-{index}", package.name());
    let text = hook.scalar_text().unwrap_or_default();
    let checksum = Checksum::of_text(hook.source().text.trim());
    let node = Arc::new(Node {
        kind: NodeKind::Operation { index: i64::try_from(index).ok() },
        unique_id: format!("operation.{}.{name}", package.name()),
        alias: name.clone(),
        path: format!("hooks/{name}.sql"),
        package_name: package.name().to_owned(),
        original_file_path: "./dbt_project.yml".to_owned(),
        fqn: vec![package.name().to_owned(), "hooks".to_owned(), name.clone()],
        checksum: FileHash { name: checksum.name, checksum: checksum.checksum },
        tags: vec![kind.to_owned()],
        raw_code: Arc::from(text.as_str()),
        schema: request.target.schema.clone(),
        database: Some(request.target.database.clone()),
        created_at: request.now,
        name,
        ..Node::default()
    });
    let scope = Arc::new(scopes.of_node(&node));
    let context: Arc<dyn Context> = scope.clone();
    let span = hook.span();
    request.engine.render_text(&text, &span, &context)?;
    let recorded = scope.take_recorded();
    drop((context, scope));
    let mut draft = Draft::new(node, Some(span));
    draft.absorb(recorded)?;
    Ok(draft)
}
