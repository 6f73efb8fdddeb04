//! Templates and what dbt renders for them, recorded in `parity.txt`; `!` stands for an error.

use std::any::Any;
use std::sync::Arc;

use minijinja::Value;

use super::table::tests::table;
use super::{Relation, RelationType};
use crate::context::{Engine, EngineSettings};
use crate::diagnostic::SourceText;
use crate::jinja::Context;

/// Knows a relation `rel` and a table `t`.
struct Node;

impl Context for Node {
    fn get(&self, name: &str) -> Option<Value> {
        match name {
            "rel" => {
                let relation = Relation::new(Some("db"), Some("sch"), Some("tbl"));
                Some(relation.of_type(RelationType::Table).to_value())
            }
            "t" => Some(table().to_value()),
            _ => None,
        }
    }

    fn package(&self) -> &'static str {
        "shop"
    }

    fn execute(&self) -> bool {
        true
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[test]
fn templates_render_as_in_dbt() {
    let engine = Engine::new(EngineSettings { root: "shop".into(), ..EngineSettings::default() }).unwrap();
    let context: Arc<dyn Context> = Arc::new(Node);
    let mut wrong = Vec::new();
    for case in include_str!("parity.txt").split("----\n") {
        let (template, expected) = case.split_once("\n====\n").unwrap();
        let expected = expected.strip_suffix('\n').unwrap();
        let rendered = engine.render(&SourceText::new("m.sql", template), &context);
        let rendered = rendered.unwrap_or_else(|_| "!".to_owned());
        if rendered != expected {
            wrong.push(format!("{template}\n  renders {rendered:?}\n  not     {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
