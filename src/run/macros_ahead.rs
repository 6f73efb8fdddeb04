//! The macros that a run is about to call become instructions while it connects and the server answers.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;

use super::plan::Plan;
use super::state::Run;
use crate::context::Engine;
use crate::hashed::{HashMap, HashSet};
use crate::jinja::MacroDef;
use crate::manifest::Manifest;

/// As deep as that of whoever calls them.
const STACK: usize = 16 << 20;

/// What an incremental model calls to build its table anew, to change its columns, or where something acts on its rows: most runs do not.
const RARE: [&str; 25] = [
    "call_dcl_statements",
    "create_indexes",
    "get_create_index_sql",
    "rsdbt_adopt_dependents",
    "rsdbt_build_incremental",
    "rsdbt_carry",
    "rsdbt_check_written",
    "rsdbt_constraint_change",
    "rsdbt_drop_leftovers",
    "rsdbt_end_with_swap",
    "rsdbt_feeds_a_consumer",
    "rsdbt_in_many_ranges",
    "rsdbt_keep_consumed_columns",
    "rsdbt_keep_old_rows",
    "rsdbt_known_build",
    "rsdbt_mark_other_own_rows",
    "rsdbt_name_constraints",
    "rsdbt_name_indexes",
    "rsdbt_promised_constraints_sql",
    "rsdbt_raise_failed_partitions",
    "rsdbt_remember_build",
    "rsdbt_swap",
    "rsdbt_validate_waiting",
    "rsdbt_windows_sql",
    "sync_column_schemas",
];

impl Run<'_> {
    /// Nobody waits for it. A macro that is wanted meanwhile is compiled by whoever comes first.
    pub(super) fn compile_macros_ahead(&self, plan: &Plan) {
        if thread::available_parallelism().is_ok_and(|cores| cores.get() == 1) {
            return;
        }
        let kinds = self.kinds_of_work(plan);
        let engine = self.inputs.engine.clone();
        let shared = Arc::clone(&self.inputs.shared);
        let compile = move || Ahead::new(&engine, &shared.manifest).compile(&kinds);
        let _ = thread::Builder::new().name("macros".to_owned()).stack_size(STACK).spawn(compile);
    }

    /// Materializations, each with the strategy if it is incremental.
    fn kinds_of_work(&self, plan: &Plan) -> BTreeSet<(String, Option<String>)> {
        let nodes = plan.steps.iter().filter_map(|step| self.manifest().nodes.get(&step.unique_id));
        let kind = |materialized: &str, strategy: Option<&str>| {
            let strategy = (materialized == "incremental").then(|| strategy.unwrap_or("default").to_owned());
            (materialized.to_owned(), strategy)
        };
        nodes
            .map(|node| {
                let strategy = node.config.get("incremental_strategy").and_then(serde_json::Value::as_str);
                kind(node.materialized(), strategy)
            })
            .collect()
    }
}

struct Ahead<'e> {
    engine: &'e Engine,
    manifest: &'e Manifest,
    macros: HashMap<&'e str, &'e Arc<MacroDef>>,
    seen: HashSet<&'e str>,
}

impl<'e> Ahead<'e> {
    fn new(engine: &'e Engine, manifest: &'e Manifest) -> Self {
        let macros = engine.macros().map(|one| (one.unique_id.as_str(), one)).collect();
        Self { engine, manifest, macros, seen: HashSet::default() }
    }

    fn compile(&mut self, kinds: &BTreeSet<(String, Option<String>)>) {
        for (materialized, strategy) in kinds {
            if let Some(definition) = self.engine.find_materialization(materialized, "postgres") {
                self.visit(&definition.unique_id, strategy.is_some());
            }
            for name in strategy.iter().flat_map(|strategy| parts(strategy)) {
                if let Some(definition) = self.engine.find_macro(&name, None) {
                    self.visit(&definition.unique_id, true);
                }
            }
        }
    }

    /// The macro, then what it calls, in that order. Whoever calls it meets the mistakes in it.
    fn visit(&mut self, unique_id: &str, is_increment: bool) {
        let Some((unique_id, definition)) = self.macros.get_key_value(unique_id) else { return };
        if is_increment && RARE.contains(&definition.name.as_str()) || !self.seen.insert(unique_id) {
            return;
        }
        let _ = definition.check();
        let Some(known) = self.manifest.macros.get(*unique_id) else { return };
        for called in &known.depends_on.macros {
            self.visit(called, is_increment);
        }
    }
}

/// The macros that an incremental strategy may have.
fn parts(strategy: &str) -> impl Iterator<Item = String> {
    let name = strategy.replace('+', "_");
    let steps = ["traits", "prepare", "read", "finish"].map(|step| format!("rsdbt_{step}_{name}"));
    [format!("get_incremental_{name}_sql")].into_iter().chain(steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::EngineSettings;

    #[test]
    fn macros_that_are_rarely_called_exist() {
        let engine =
            Engine::new(EngineSettings { root: "p".to_owned(), ..EngineSettings::default() }).unwrap();
        for name in RARE {
            assert!(engine.find_macro(name, None).is_some(), "{name}");
        }
    }
}
