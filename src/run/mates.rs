//! Which tests of a plan one statement may answer: those of one relation, in sessions of the same settings.

use super::countable::{Countable, Kind};
use super::foldable::is_plain_condition;
use super::inputs::Introspection;
use super::plan::{Action, Plan, Step};
use super::state::Run;
use crate::context::BUILTIN_PACKAGE;
use crate::hashed::{HashMap, HashSet};
use crate::manifest::Node;

/// What writes the statement of a test. A project that has one of its own is asked for the statement.
const MACROS: [&str; 7] = [
    "get_where_subquery",
    "get_test_sql",
    "get_limit_subquery_sql",
    "get_limit_sql",
    "should_store_failures",
    "string_literal",
    "statement",
];

impl Run<'_> {
    /// The test, where the built-in macros are all that its statement depends on.
    pub(super) fn countable(&self, node: &Node) -> Option<Countable> {
        let (options, engine) = (&self.inputs.options, &self.inputs.engine);
        let (home, site) = self.home_and_site(&node.unique_id);
        if !options.testing.in_batches
            || options.introspection != Introspection::Allowed
            || home != site
            || self.stores_failures(node)
            || MACROS.iter().any(|name| engine.is_replaced(name))
        {
            return None;
        }
        let name = &node.generic_test()?.test_metadata.name;
        let is_own = |package: &str| package == BUILTIN_PACKAGE;
        let test = engine.find_generic_test(name, &node.package_name)?;
        let materialization = engine.find_materialization(node.materialized(), "postgres")?;
        let is_built_in =
            is_own(&test.package) && is_own(&materialization.package) && !engine.is_replaced(&test.name);
        Countable::of(node).filter(|_| is_built_in)
    }

    /// A number for each step, by its place: equal ones are answered together. Tests with another `where` join those without one: the scan
    /// of these reads all rows anyway.
    pub(super) fn mates(&self, plan: &Plan) -> Vec<Option<usize>> {
        let tests: Vec<Option<(String, Option<String>)>> =
            plan.steps.iter().map(|step| self.key(step)).collect();
        let whole: HashSet<&str> = tests
            .iter()
            .flatten()
            .filter(|(_, filter)| filter.is_none())
            .map(|(key, _)| key.as_str())
            .collect();
        let mut numbers = HashMap::default();
        let mut number = |(key, filter): &(String, Option<String>)| {
            let filter = filter
                .as_deref()
                .filter(|filter| !(whole.contains(key.as_str()) && is_plain_condition(filter)));
            let next = numbers.len();
            *numbers.entry((key.clone(), filter.map(str::to_owned))).or_insert(next)
        };
        tests.iter().map(|test| test.as_ref().map(&mut number)).collect()
    }

    /// What tests have in common that one statement answers, and the `where`.
    fn key(&self, step: &Step) -> Option<(String, Option<String>)> {
        let node = self.manifest().nodes.get(&step.unique_id).filter(|_| step.action == Action::Test)?;
        let countable = self.countable(node).filter(|test| test.kind != Kind::Unique)?;
        let model = node.generic_test()?.test_metadata.kwargs.get("model")?;
        let (settings, place) = (self.server_settings(&node.unique_id), self.home_and_site(&node.unique_id));
        Some((format!("{}\n{model}\n{settings:?}\n{place:?}", node.package_name), countable.filter))
    }
}
