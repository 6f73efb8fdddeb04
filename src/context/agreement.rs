//! Templates that were rendered by Jinja2 in dbt's environments, rendered here: the same text, or an error in both.
//!
//! `tests/record/jinja_templates.py` records the corpus. It also asks this test for the outcomes of templates of its own: it
//! names a file of them in `RSDBT_TEMPLATES`, and in `RSDBT_OUTCOMES` the file to write.

use std::any::Any;
use std::fs;
use std::io::{LineWriter, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::Engine;
use super::tests::engine;
use crate::diagnostic::{Result, SourceText, Span};
use crate::hashed::HashMap;
use crate::jinja::python::{from_json, repr};
use crate::jinja::{BlockKind, Context, Value, cut_blocks};

const CORPUS: &str = "tests/recorded/templates.jsonl";

/// The names that a template sees: values of its own, which it may change.
struct Names {
    values: HashMap<String, Value>,
    execute: bool,
}

impl Names {
    fn of(names: &Map<String, Json>, execute: bool) -> Arc<dyn Context> {
        let values = names.iter().map(|(name, value)| (name.clone(), from_json(value))).collect();
        Arc::new(Self { values, execute })
    }
}

impl Context for Names {
    fn get(&self, name: &str) -> Option<Value> {
        self.values.get(name).cloned()
    }

    fn package(&self) -> &'static str {
        "shop"
    }

    fn execute(&self) -> bool {
        self.execute
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn rendered(engine: &Engine, context: &Arc<dyn Context>, template: &Json) -> Result<String> {
    let source = SourceText::new("models/orders.sql", template["template"].as_str().unwrap());
    if template["native"] == json!(true) {
        let span = Span::new(&source, 0..source.text.len());
        return engine.evaluate(&source.text, &span, context).map(|value| repr(&value));
    }
    engine.render(&source, context)
}

/// A text, or the message of an error.
fn outcome(bare: &Engine, names: &Map<String, Json>, template: &Json) -> Json {
    let context = &Names::of(names, template["parsing"] != json!(true));
    let caught = catch_unwind(AssertUnwindSafe(|| match template["macros"].as_str() {
        Some(macros) => {
            let source = SourceText::new("macros/all.sql", macros);
            cut_blocks(&source, BlockKind::MACROS)?;
            let engine = engine(&[("shop/macros/all.sql", macros)]);
            engine.macro_dependencies().map_err(|mut all| Box::new(all.0.remove(0)))?;
            rendered(&engine, context, template)
        }
        None => rendered(bare, context, template),
    }));
    match caught {
        Ok(Ok(text)) => json!({ "text": text }),
        Ok(Err(diagnostic)) => json!({ "error": diagnostic.message }),
        Err(_) => json!({ "panic": true }),
    }
}

/// The first line holds the names, each other line a template with what became of it.
#[test]
fn templates_render_as_jinja2_renders_them() {
    let asked = std::env::var("RSDBT_TEMPLATES").ok();
    let text = fs::read_to_string(asked.as_deref().unwrap_or(CORPUS)).unwrap();
    let mut lines = text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    let names = lines.next().unwrap().as_object().unwrap().clone();
    let bare = engine(&[]);
    if let Ok(path) = std::env::var("RSDBT_OUTCOMES") {
        // whoever reads them sees the last one that was rendered
        let mut out = LineWriter::new(fs::File::create(path).unwrap());
        for template in lines {
            writeln!(out, "{}", outcome(&bare, &names, &template)).unwrap();
        }
        return;
    }
    let mut different = Vec::new();
    for template in lines {
        let ours = outcome(&bare, &names, &template);
        let agree = match template.get("text") {
            Some(text) => ours.get("text") == Some(text),
            None => ours.get("error").is_some(),
        };
        if !agree {
            different.push(format!("{template}\n  here: {ours}"));
        }
    }
    assert!(different.is_empty(), "{} templates differ:\n{}", different.len(), different.join("\n"));
}
