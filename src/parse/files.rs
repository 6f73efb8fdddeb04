//! Files that are nodes: models, snapshots, analyses, singular tests, seeds and functions, rendered once to learn what
//! they refer to. The cores share the files.

use std::sync::Arc;

use super::ParseRequest;
use super::draft::Draft;
use super::scope::Scopes;
use crate::diagnostic::{Diagnostics, Result, Span};
use crate::jinja::{BlockKind, Context, cut_blocks};
use crate::manifest::{FileHash, FunctionPart, Language, ModelPart, Node, NodeKind};
use crate::parallel;
use crate::project::{FileKind, Package, SourceFile};

/// The kinds in dbt's order.
const KINDS: [FileKind; 6] = [
    FileKind::Model,
    FileKind::Snapshot,
    FileKind::Analysis,
    FileKind::SingularTest,
    FileKind::Seed,
    FileKind::Function,
];

/// The drafts of all node files of a package.
pub(super) fn drafts(
    request: &ParseRequest<'_>,
    scopes: &Scopes,
    package: &Package,
) -> Result<Vec<Draft>, Diagnostics> {
    let reader = Reader { request, scopes, package };
    let files: Vec<&SourceFile> = KINDS.iter().flat_map(|kind| package.files.of(*kind)).collect();
    let mut drafts = Vec::with_capacity(files.len());
    let mut errors = Vec::new();
    for outcome in parallel::map(&files, |file| reader.read(file)) {
        match outcome {
            Ok(more) => drafts.extend(more),
            Err(error) => errors.push(*error),
        }
    }
    if errors.is_empty() { Ok(drafts) } else { Err(Diagnostics(errors)) }
}

/// The text of a file without space around it.
pub(super) fn code_span(file: &SourceFile) -> Span {
    let code = file.code();
    let start = code.as_ptr() as usize - file.source.text.as_ptr() as usize;
    Span::new(&file.source, start..start + code.len())
}

/// A node whose code is rendered once, to learn what it refers to.
pub(super) fn render(request: &ParseRequest<'_>, scopes: &Scopes, node: Node, code: Span) -> Result<Draft> {
    let node = Arc::new(node);
    let scope = Arc::new(scopes.of_node(&node));
    let context: Arc<dyn Context> = scope.clone();
    request.engine.render_span(&code, &context)?;
    let recorded = scope.take_recorded();
    drop((context, scope));
    let mut draft = Draft::new(node, Some(code));
    draft.absorb(recorded)?;
    Ok(draft)
}

struct Reader<'a> {
    request: &'a ParseRequest<'a>,
    scopes: &'a Scopes,
    package: &'a Package,
}

impl Reader<'_> {
    fn read(&self, file: &SourceFile) -> Result<Vec<Draft>> {
        match file.kind {
            FileKind::Snapshot => self.snapshots(file),
            FileKind::Seed => Ok(vec![self.seed(file)]),
            _ => Ok(vec![self.rendered(self.node(file), file)?]),
        }
    }

    /// A node with everything that its place in the project tells.
    fn node(&self, file: &SourceFile) -> Node {
        let package = self.package.name();
        let name = file.stem().to_owned();
        let parts = file.fqn_parts();
        let mut fqn: Vec<String> = Vec::with_capacity(parts.len() + 2);
        fqn.push(package.to_owned());
        if file.kind == FileKind::Analysis {
            fqn.push("analysis".to_owned());
        }
        fqn.extend(parts.into_iter().map(str::to_owned));
        let (kind, prefix, path) = match file.kind {
            FileKind::Analysis => {
                (NodeKind::Analysis, "analysis", format!("analysis/{}", file.relative_path))
            }
            FileKind::SingularTest => (NodeKind::SingularTest, "test", file.relative_path.clone()),
            FileKind::Function => {
                (NodeKind::Function(Box::<FunctionPart>::default()), "function", file.relative_path.clone())
            }
            FileKind::Seed => {
                let root_path = Some(self.package.directory.to_string_lossy().into_owned());
                (NodeKind::Seed { root_path }, "seed", file.relative_path.clone())
            }
            _ => (NodeKind::Model(Box::<ModelPart>::default()), "model", file.relative_path.clone()),
        };
        let checksum = file.checksum();
        Node {
            kind,
            unique_id: [prefix, ".", package, ".", &name].concat(),
            name: name.clone(),
            alias: name,
            package_name: package.to_owned(),
            path,
            original_file_path: file.original_file_path(),
            fqn,
            checksum: FileHash { name: checksum.name, checksum: checksum.checksum },
            schema: self.request.target.schema.clone(),
            database: Some(self.request.target.database.clone()),
            raw_code: if file.kind == FileKind::Seed { Arc::from("") } else { Arc::from(file.code()) },
            language: if file.extension() == "py" { Language::Python } else { Language::Sql },
            created_at: self.request.now,
            ..Node::default()
        }
    }

    fn seed(&self, file: &SourceFile) -> Draft {
        Draft::new(self.node(file), None)
    }

    fn rendered(&self, node: Node, file: &SourceFile) -> Result<Draft> {
        let span = code_span(file);
        // dbt: Python of functions is a template, that of models is none
        if node.language == Language::Python && !matches!(node.kind, NodeKind::Function(_)) {
            let mut draft = Draft::new(node, Some(span));
            super::python_models::read(&mut draft);
            return Ok(draft);
        }
        render(self.request, self.scopes, node, span)
    }

    fn snapshots(&self, file: &SourceFile) -> Result<Vec<Draft>> {
        let blocks = cut_blocks(&file.source, &[BlockKind::Snapshot])?;
        let mut drafts = Vec::with_capacity(blocks.len());
        for block in blocks {
            let mut node = self.node(file);
            node.kind = NodeKind::Snapshot;
            node.unique_id = format!("snapshot.{}.{}", self.package.name(), block.name);
            node.name.clone_from(&block.name);
            node.alias.clone_from(&block.name);
            node.fqn.push(block.name.clone());
            let span = Span::new(&file.source, block.body.clone());
            node.raw_code = Arc::from(span.text());
            drafts.push(render(self.request, self.scopes, node, span)?);
        }
        Ok(drafts)
    }
}
