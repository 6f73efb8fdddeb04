//! `{% docs %}` blocks, and the descriptions that name them by `doc()`.

use std::sync::Arc;

use super::ParseRequest;
use crate::config::holds_jinja;
use crate::context::{DocScope, DocTable, NoNames};
use crate::diagnostic::{Diagnostics, Result, SourceText, Span};
use crate::jinja::{BlockKind, Context, cut_blocks};
use crate::manifest::{Column, Doc, Lookup, Manifest, Node, duplicate_doc};
use crate::parallel;
use crate::project::{FileKind, Package};

/// The blocks of a package's Markdown files.
pub(super) fn read_blocks(
    request: &ParseRequest<'_>,
    package: &Package,
    manifest: &mut Manifest,
) -> Result<(), Diagnostics> {
    let nothing: Arc<dyn Context> = Arc::new(NoNames);
    for file in package.files.of(FileKind::Documentation) {
        if !file.source.text.contains("{%") {
            continue;
        }
        for block in cut_blocks(&file.source, &[BlockKind::Docs])? {
            let unique_id = format!("doc.{}.{}", package.name(), block.name);
            let contents = request
                .engine
                .render_span(&Span::new(&file.source, block.body.clone()), &nothing)
                .map_err(|problem| problem.subject(format!("doc {}", block.name)))?;
            let doc = Doc {
                name: block.name.clone(),
                package_name: package.name().to_owned(),
                path: file.relative_path.clone(),
                original_file_path: file.original_file_path(),
                unique_id: unique_id.clone(),
                block_contents: contents.trim().to_owned(),
                ..Doc::default()
            };
            if let Some(first) = manifest.docs.get(&unique_id) {
                let span = Span::new(&file.source, block.name_range.clone());
                return Err(duplicate_doc(first, &doc).label(span, "").into());
            }
            manifest.docs.insert(unique_id, doc);
        }
    }
    Ok(())
}

/// Renders what descriptions hold of Jinja and notes the doc blocks that they show.
pub(super) fn render_descriptions(
    request: &ParseRequest<'_>,
    manifest: &mut Manifest,
    lookup: Lookup,
) -> Result<(), Diagnostics> {
    let table: Arc<DocTable> = Arc::new(DocTable::new(lookup, manifest.docs.clone()));
    let renderer = Renderer { request, table };
    let mut nodes: Vec<&mut Arc<Node>> =
        manifest.nodes.values_mut().chain(manifest.functions.values_mut()).collect();
    let problems = parallel::change(&mut nodes, |node| {
        if !holds_jinja(&node.description) && !any_column(node.columns.values()) {
            return Ok(());
        }
        let node = Arc::make_mut(node);
        let owner =
            Owner { package: &node.package_name, unique_id: &node.unique_id, file: &node.original_file_path };
        node.doc_blocks = renderer.text(&mut node.description, &owner)?;
        renderer.columns(node.columns.values_mut(), &owner)
    });
    if !problems.is_empty() {
        return Err(Diagnostics(problems.into_iter().map(|problem| *problem).collect()));
    }
    for source in manifest.sources.values_mut() {
        let jinja = holds_jinja(&source.description) || holds_jinja(&source.source_description);
        if !jinja && !any_column(source.columns.values()) {
            continue;
        }
        let source = Arc::make_mut(source);
        let owner = Owner {
            package: &source.package_name,
            unique_id: &source.unique_id,
            file: &source.original_file_path,
        };
        source.doc_blocks = renderer.text(&mut source.description, &owner)?;
        renderer.text(&mut source.source_description, &owner)?;
        renderer.columns(source.columns.values_mut(), &owner)?;
    }
    for exposure in manifest.exposures.values_mut() {
        let (package, unique_id, file) =
            (exposure.package_name.clone(), exposure.unique_id.clone(), exposure.original_file_path.clone());
        let owner = Owner { package: &package, unique_id: &unique_id, file: &file };
        renderer.text(&mut exposure.description, &owner)?;
    }
    for metric in manifest.metrics.values_mut() {
        let (package, unique_id, file) =
            (metric.package_name.clone(), metric.unique_id.clone(), metric.original_file_path.clone());
        let owner = Owner { package: &package, unique_id: &unique_id, file: &file };
        renderer.text(&mut metric.description, &owner)?;
    }
    for model in manifest.semantic_models.values_mut() {
        let (package, unique_id, file) =
            (model.package_name.clone(), model.unique_id.clone(), model.original_file_path.clone());
        let owner = Owner { package: &package, unique_id: &unique_id, file: &file };
        let parts = std::iter::once(&mut model.description)
            .chain(model.entities.iter_mut().map(|entity| &mut entity.description))
            .chain(model.measures.iter_mut().map(|measure| &mut measure.description))
            .chain(model.dimensions.iter_mut().map(|dimension| &mut dimension.description));
        for description in parts.flatten() {
            renderer.text(description, &owner)?;
        }
    }
    for query in manifest.saved_queries.values_mut() {
        let (package, unique_id, file) =
            (query.package_name.clone(), query.unique_id.clone(), query.original_file_path.clone());
        let owner = Owner { package: &package, unique_id: &unique_id, file: &file };
        if let Some(description) = &mut query.description {
            renderer.text(description, &owner)?;
        }
    }
    for definition in manifest.macros.values_mut() {
        let jinja = holds_jinja(&definition.description)
            || definition.arguments.iter().any(|argument| holds_jinja(&argument.description));
        if !jinja {
            continue;
        }
        let definition = Arc::make_mut(definition);
        let (package, unique_id, file) = (
            definition.package_name.clone(),
            definition.unique_id.clone(),
            definition.original_file_path.clone(),
        );
        let owner = Owner { package: &package, unique_id: &unique_id, file: &file };
        renderer.text(&mut definition.description, &owner)?;
        for argument in &mut definition.arguments {
            renderer.text(&mut argument.description, &owner)?;
        }
    }
    Ok(())
}

/// The names of the blocks that stand by themselves between braces. dbt: `doc('x').format(..)` does not count as a reference.
fn shown_whole(description: &str) -> Vec<&str> {
    let inner = |part: &'_ str| -> Option<usize> { part.find("}}") };
    let mut names = Vec::new();
    for part in description.split("{{").skip(1) {
        let Some(end) = inner(part) else { continue };
        let call = part[..end].trim_matches(['-', '+']).trim();
        let arguments = call.strip_prefix("doc").map(str::trim_start);
        let Some(arguments) = arguments.and_then(|rest| rest.strip_prefix('(')?.strip_suffix(')')) else {
            continue;
        };
        let last = arguments.rsplit(',').next().unwrap_or_default().trim().trim_matches(['\'', '"']);
        if !last.contains(['(', ')', '\'', '"']) {
            names.push(last);
        }
    }
    names
}

fn any_column<'c>(mut columns: impl Iterator<Item = &'c Column>) -> bool {
    columns.any(|column| holds_jinja(&column.description))
}

struct Owner<'a> {
    package: &'a str,
    unique_id: &'a str,
    file: &'a str,
}

struct Renderer<'a> {
    request: &'a ParseRequest<'a>,
    table: Arc<DocTable>,
}

impl Renderer<'_> {
    /// Renders a description in place; the unique ids of the blocks that it names.
    fn text(&self, description: &mut String, owner: &Owner<'_>) -> Result<Vec<String>> {
        if !holds_jinja(description) {
            return Ok(Vec::new());
        }
        let scope =
            Arc::new(DocScope::new(&self.request.shared, &self.table, owner.package, owner.unique_id));
        let context: Arc<dyn Context> = scope.clone();
        let source = SourceText::new(owner.file, description.as_str());
        let rendered = self.request.engine.render(&source, &context)?;
        let mut named = scope.named();
        let shown = shown_whole(description);
        named.retain(|unique_id| unique_id.rsplit_once('.').is_some_and(|(_, name)| shown.contains(&name)));
        *description = rendered;
        Ok(named)
    }

    fn columns<'c>(&self, columns: impl Iterator<Item = &'c mut Column>, owner: &Owner<'_>) -> Result<()> {
        for column in columns {
            column.doc_blocks = self.text(&mut column.description, owner)?;
        }
        Ok(())
    }
}
