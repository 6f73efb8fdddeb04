//! Reads every macro below some directories, says which cannot be compiled, and how long things take.
//!
//! `cargo run --example jinja_check -- macros dbt_packages`
#![expect(clippy::print_stdout, reason = "a program for developers")]

use std::any::Any;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rsdbt::inside::context::{Engine, EngineSettings, MacroPackage};
use rsdbt::inside::diagnostic::{SourceText, render};
use rsdbt::inside::jinja::{Context, Error, Object, State, Value};

const MODEL: &str = "{{ config(materialized='table', tags=['a', 'b']) }}\nwith orders as (select * from {{ ref('stg_orders') }})\n\
    {% for status in ['placed', 'shipped', 'returned'] %}\n    select '{{ status }}' as status, {{ cents('amount') }} as amount\n\
    {%- if not loop.last %} union all{% endif %}{% endfor %}\n";
const MACROS: &str =
    "{% macro cents(column, scale=2) %}({{ column }} / 100)::numeric(16, {{ scale }}){% endmacro %}";

struct Node;

#[derive(Debug)]
struct Anything;

impl Object for Anything {
    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
        Ok(Value::from("x"))
    }
}

impl Context for Node {
    fn get(&self, name: &str) -> Option<Value> {
        match name {
            "ref" | "config" => Some(Value::from_object(Anything)),
            _ => None,
        }
    }

    fn package(&self) -> &'static str {
        "root"
    }

    fn execute(&self) -> bool {
        true
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn files(directory: &Path, found: &mut Vec<Arc<SourceText>>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "sql")
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            found.push(SourceText::new(path.display().to_string(), text));
        }
    }
}

fn main() {
    let mut packages = vec![MacroPackage {
        name: "root".to_owned(),
        files: vec![SourceText::new("macros/cents.sql", MACROS)],
    }];
    for (index, directory) in std::env::args().skip(1).enumerate() {
        let mut found = Vec::new();
        files(Path::new(&directory), &mut found);
        packages.push(MacroPackage { name: format!("package_{index}"), files: found });
    }
    let settings = EngineSettings { root: "root".to_owned(), packages, ..EngineSettings::default() };
    let start = Instant::now();
    let engine = match Engine::new(settings) {
        Ok(engine) => engine,
        Err(diagnostics) => {
            diagnostics.0.iter().for_each(|diagnostic| println!("{}", render(diagnostic)));
            return;
        }
    };
    println!("{} macros cut in {:?}", engine.macros().count(), start.elapsed());
    let start = Instant::now();
    for error in engine.macros().filter_map(|definition| definition.check().err()) {
        println!("{}", render(&error));
    }
    println!("compiled in {:?}", start.elapsed());
    let context: Arc<dyn Context> = Arc::new(Node);
    let model = SourceText::new("models/orders.sql", MODEL);
    let Some(cents) = engine.find_macro("cents", None) else { return };
    match engine.render(&model, &context) {
        Ok(text) => println!("{text}"),
        Err(error) => return println!("{}", render(&error)),
    }
    let model = quickest(|| drop(black_box(engine.render(&model, &context))));
    println!("a model: {model:?}");
    let arguments = [Value::from("amount")];
    let call = quickest(|| drop(black_box(engine.call_macro(&cents, &context, &arguments, &[]))));
    println!("a macro call: {call:?}");
}

/// The best of many, as other programs take their share of the processor.
fn quickest(work: impl Fn()) -> Duration {
    let rounds = (0..2000).map(|_| {
        let start = Instant::now();
        work();
        start.elapsed()
    });
    rounds.min().unwrap_or_default()
}
