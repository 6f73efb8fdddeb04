//! Any text as a Jinja file: cut into blocks, read for its calls, rewritten and compiled. It is not run: what a
//! template does with its time is its author's business.
#![no_main]

use std::any::Any;
use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use rsdbt::inside::diagnostic::{SourceText, Span, render};
use rsdbt::inside::jinja::{BlockKind, Context, Engine, EngineSettings, Value, cut_blocks, static_calls};

struct Nothing;

impl Context for Nothing {
    fn get(&self, _: &str) -> Option<Value> {
        None
    }

    fn package(&self) -> &str {
        "shop"
    }

    fn execute(&self) -> bool {
        true
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let settings = EngineSettings { root: "shop".to_owned(), ..EngineSettings::default() };
    Engine::new(settings).unwrap_or_else(|problems| panic!("{problems:?}"))
});

fuzz_target!(|text: &str| {
    let source = SourceText::new("models/orders.sql", text);
    match cut_blocks(&source, BlockKind::MACROS) {
        Ok(blocks) => drop(format!("{blocks:?}")),
        Err(problem) => drop(render(&problem)),
    }
    let _ = static_calls(text);
    if text.contains("endmacro") {
        return;
    }
    // the body of a macro that nobody calls is compiled and not run
    let whole = format!("{{% macro never() %}}{text}{{% endmacro %}}");
    let source = SourceText::new("macros/never.sql", whole);
    let context: Arc<dyn Context> = Arc::new(Nothing);
    let span = Span::new(&source, 0..source.text.len());
    if let Err(problem) = ENGINE.render_span(&span, &context) {
        let _ = render(&problem);
    }
});
