//! What the fuzz targets play with any text: nothing may panic, and every message can be drawn.

use std::path::Path;
use std::sync::Arc;

use crate::adapter::{Nulls, Seed, SeedOptions};
use crate::config::Yaml;
use crate::config::properties::{NodeProperties, PropertiesFile, PropertyKind};
use crate::config::yaml::load;
use crate::context::{Engine, EngineSettings, NoNames};
use crate::diagnostic::{Diagnostic, Result, SourceText, Span, render};
use crate::graph::selector::Criteria;
use crate::graph::{Graph, IndirectSelection, SelectionInputs, SelectionRequest, Selectors};
use crate::jinja::{BlockKind, Context, cut_blocks, static_calls};
use crate::manifest::Manifest;

fn draw<T>(outcome: Result<T>) -> Option<T> {
    outcome.map_err(|problem| drop(render(&problem))).ok()
}

fn draw_all(warnings: &[Diagnostic]) {
    for warning in warnings {
        drop(render(warning));
    }
}

/// A seed: columns, types and rows. The first byte chooses the options.
pub fn csv(bytes: &[u8]) {
    let Some((&options, bytes)) = bytes.split_first() else { return };
    let options = SeedOptions {
        delimiter: b",;\t|"[usize::from(options & 3)],
        text_columns: if options & 4 == 0 { Vec::new() } else { vec!["id".to_owned(), "name".to_owned()] },
        keep_leading_zeros: options & 8 != 0,
        nulls: if options & 16 != 0 { Nulls::Texts(vec!["NA".into()]) } else { Nulls::Usual },
    };
    if let Some(seed) = draw(Seed::parse(bytes.to_vec(), "seeds/codes.csv", &options)) {
        let _ = format!("{:?}", seed.rows(1000));
    }
}

/// A YAML file, and a properties file: values, spans and messages are made of it.
pub fn yaml(text: &str) {
    let source = SourceText::new("models/schema.yml", text);
    if let Some(loaded) = draw(load(&source)) {
        walk(&loaded.yaml);
        let _ = loaded.yaml.to_json().to_string();
        draw_all(&loaded.warnings);
    }
    let mut warnings = Vec::new();
    if let Some(Some(file)) = draw(PropertiesFile::read(&source, &mut warnings)) {
        for kind in PropertyKind::ALL {
            for entry in file.entries(kind) {
                let _ = draw(NodeProperties::read(kind, entry, &mut warnings));
            }
        }
    }
    draw_all(&warnings);
}

/// Every span lies within the text.
fn walk(yaml: &Yaml) {
    let _ = (yaml.span().text().len(), yaml.span().location(), yaml.scalar_text());
    for item in yaml.as_sequence().unwrap_or_default() {
        walk(item);
    }
    for entry in yaml.as_mapping().into_iter().flat_map(|mapping| mapping.iter()) {
        let _ = entry.key_span().text().len();
        walk(&entry.value);
    }
}

/// A project that selectors are tried on.
pub struct Selected(Manifest, Graph);

impl Selected {
    /// None where the text is not a manifest.
    pub fn of(manifest: &str) -> Option<Self> {
        let manifest: Manifest = serde_json::from_str(manifest).ok()?;
        let graph = Graph::build(&manifest).ok()?;
        Some(Self(manifest, graph))
    }

    /// A text as `--select` and `--exclude`, and as a selectors file.
    pub fn by(&self, text: &str) {
        let (include, exclude) = text.split_once('\n').unwrap_or((text, ""));
        for word in include.split_whitespace() {
            let _ = draw(Criteria::parse(word, IndirectSelection::default()));
        }
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let (include, exclude) = (words(include), words(exclude));
        self.select(
            &SelectionRequest { include, exclude, ..SelectionRequest::default() },
            &Selectors::default(),
        );
        let Ok(file) = load(&SourceText::new("selectors.yml", text)) else { return };
        if let Some(selectors) = draw(Selectors::from_yaml(&file.yaml, IndirectSelection::default())) {
            for name in selectors.names() {
                let request =
                    SelectionRequest { selector: Some(name.to_owned()), ..SelectionRequest::default() };
                self.select(&request, &selectors);
            }
        }
    }

    fn select(&self, request: &SelectionRequest, selectors: &Selectors) {
        let project_root = Path::new("/project");
        let inputs = SelectionInputs { manifest: &self.0, project_root, selectors, state: None };
        if let Some(selection) = draw(self.1.select(request, &inputs)) {
            draw_all(&selection.warnings);
        }
    }
}

/// An engine without macros.
pub struct Templates(Engine);

impl Templates {
    /// None where the built-in macros cannot be read.
    pub fn new() -> Option<Self> {
        let settings = EngineSettings { root: "shop".to_owned(), ..EngineSettings::default() };
        Engine::new(settings).ok().map(Self)
    }

    /// A Jinja file: cut into blocks, read for its calls, rewritten and compiled. It is not run: what a template does
    /// with its time is its author's business.
    pub fn compile(&self, text: &str) {
        let source = SourceText::new("models/orders.sql", text);
        if let Some(blocks) = draw(cut_blocks(&source, BlockKind::MACROS)) {
            let _ = format!("{blocks:?}");
        }
        let _ = static_calls(text);
        if text.contains("endmacro") {
            return;
        }
        // the body of a macro that nobody calls is compiled and not run
        let whole = format!("{{% macro never() %}}{text}{{% endmacro %}}");
        let source = SourceText::new("macros/never.sql", whole);
        let context: Arc<dyn Context> = Arc::new(NoNames);
        let span = Span::new(&source, 0..source.text.len());
        let _ = draw(self.0.render_span(&span, &context));
    }
}
