//! Whose macro a name means, for all built-in macros, wherever the project and two packages have one of their own. What is
//! expected is written down here a second time, from dbt's rules, as a search over a list of (package, name).

use super::registry::{BUILTIN, Registry};
use super::settings::{DispatchOrder, EngineSettings, MacroPackage};
use crate::diagnostic::SourceText;

/// The root project, and the packages in the order of their macros in dbt's manifest.
const PACKAGES: [&str; 3] = ["root", "p", "q"];

/// Which spelling of each built-in macro a package has: none, its name, or one that dispatch finds.
type Spelling = Option<&'static str>;
const SPELLINGS: [Spelling; 4] = [None, Some(""), Some("default__"), Some("postgres__")];

struct Case {
    has: [Spelling; 3],
    order: Option<Vec<&'static str>>,
}

impl Case {
    fn all() -> Vec<Self> {
        let orders = [None, Some(vec!["q", "dbt"]), Some(vec!["p", "root", "dbt"])];
        let mut cases = Vec::new();
        for root in SPELLINGS {
            for p in SPELLINGS {
                for q in SPELLINGS {
                    // each order with a part of the placements, so that all stand beside all
                    let order = orders[cases.len() % orders.len()].clone();
                    cases.push(Self { has: [root, p, q], order });
                }
            }
        }
        cases
    }

    fn registry(&self, names: &[String]) -> Registry {
        let package = |(name, spelling): (&&str, &Spelling)| {
            let mut text = String::new();
            for (prefix, name) in
                spelling.iter().flat_map(|prefix| names.iter().map(move |name| (prefix, name)))
            {
                text.push_str("{% macro ");
                text.push_str(prefix);
                text.push_str(name);
                text.push_str("() %}{% endmacro %}");
            }
            MacroPackage { name: (*name).to_owned(), files: vec![SourceText::new("macros/all.sql", text)] }
        };
        let packages = PACKAGES.iter().zip(&self.has).map(package).collect();
        let dispatch = self.order.iter().map(|order| DispatchOrder {
            macro_namespace: BUILTIN.to_owned(),
            search_order: order.iter().map(|name| (*name).to_owned()).collect(),
        });
        let settings = EngineSettings {
            root: "root".to_owned(),
            packages,
            dispatch: dispatch.collect(),
            ..EngineSettings::default()
        };
        Registry::new(settings).unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    fn has(&self, package: &str, spelling: &str) -> bool {
        let place = PACKAGES.iter().position(|known| *known == package);
        place.is_some_and(|place| self.has[place] == Some(spelling))
    }

    /// The built-in macro itself: `adapter.dispatch(name, 'dbt')`.
    fn dispatched(&self) -> &'static str {
        let order = self.order.clone().unwrap_or_else(|| vec!["root", "dbt"]);
        for package in order {
            let found = ["postgres__", "default__"].iter().any(|prefix| self.has(package, prefix));
            if found || package == BUILTIN {
                return package;
            }
        }
        unreachable!("the orders end with dbt")
    }

    /// `adapter.drop_relation` and the like: the root project, the last package, the built-in macro.
    fn executed(&self) -> &'static str {
        ["root", "q", "p"]
            .into_iter()
            .find(|package| self.has(package, ""))
            .unwrap_or_else(|| self.dispatched())
    }

    /// `name()` in a node of a package.
    fn called_from(&self, package: &'static str) -> &'static str {
        [package, "root"]
            .into_iter()
            .find(|package| self.has(package, ""))
            .unwrap_or_else(|| self.dispatched())
    }

    /// `dbt.name()`
    fn called_of_dbt(&self) -> &'static str {
        self.dispatched()
    }

    /// `generate_x_name`: packages have one for their own nodes alone.
    fn generating(&self, package: &'static str) -> &'static str {
        if package != "root" && self.has(package, "") {
            return package;
        }
        if self.has("root", "") { "root" } else { self.dispatched() }
    }
}

#[test]
fn every_built_in_macro_is_found_where_dbt_finds_it() {
    let bare = Registry::new(EngineSettings { root: "root".to_owned(), ..EngineSettings::default() });
    let bare = bare.unwrap_or_else(|problems| panic!("{problems:?}"));
    let names: Vec<String> = bare
        .all()
        .map(|one| one.name.clone())
        .filter(|name| !name.starts_with("materialization_") && !name.contains("__"))
        .collect();
    assert!(names.len() > 500, "only {} names", names.len());
    for case in Case::all() {
        let registry = case.registry(&names);
        let told = |way: &str, name: &str| format!("{way} {name}, {:?}, {:?}", case.has, case.order);
        for name in &names {
            let executed = registry.find(name, None).map(|one| one.package.as_str());
            assert_eq!(executed, Some(case.executed()), "{}", told("adapter", name));
            for package in PACKAGES {
                let called = registry.resolve(name, package).map(|one| one.definition.package.as_str());
                assert_eq!(called, Some(case.called_from(package)), "{}", told(package, name));
            }
            let of_dbt = registry.in_package(BUILTIN, name).map(|one| one.definition.package.as_str());
            assert_eq!(of_dbt, Some(case.called_of_dbt()), "{}", told("dbt.", name));
        }
        for component in ["schema", "database", "alias"] {
            for package in PACKAGES {
                let imported = Some(package).filter(|package| *package != "root");
                let own = imported.and_then(|package| registry.find_generate(component, Some(package)));
                let found = own.or_else(|| registry.find_generate(component, None));
                let found = found.map(|one| one.package.clone());
                assert_eq!(found.as_deref(), Some(case.generating(package)), "{}", told(package, component));
            }
        }
        for test in ["unique", "not_null", "accepted_values", "relationships"] {
            for package in PACKAGES {
                // dbt: the package's own, else what the adapter would find
                let expected = if case.has(package, "") { package } else { case.executed() };
                let found = registry.find_generic_test(test, package).map(|one| one.package.as_str());
                assert_eq!(found, Some(expected), "{}", told(package, test));
            }
        }
    }
}

#[test]
fn what_replaces_a_built_in_macro_is_what_that_one_depends_on() {
    let text = "{% macro default__hash(field) %}{{ dbt.default__hash(field) }}{% endmacro %}\
                {% macro key(x) %}{{ hash(x) }}{{ dispatching() }}{% endmacro %}\
                {% macro dispatching() %}{{ adapter.dispatch('key', 'root')() }}{% endmacro %}\
                {% macro default__key(x=ref('y')) %}{{ log(x) }}{{ root.default__key() }}{% endmacro %}\
                {% macro ref() %}{{ builtins.ref() }}{% endmacro %}";
    let packages =
        vec![MacroPackage { name: "root".to_owned(), files: vec![SourceText::new("macros/all.sql", text)] }];
    let settings = EngineSettings { root: "root".to_owned(), packages, ..EngineSettings::default() };
    let engine = super::Engine::new(settings).unwrap_or_else(|problems| panic!("{problems:?}"));
    let all = engine.macro_dependencies().unwrap_or_else(|problems| panic!("{problems:?}"));
    let of = |id: &str| {
        let place = engine.macros().position(|one| one.unique_id == id);
        all[place.unwrap_or_else(|| panic!("no {id}"))].clone()
    };
    assert_eq!(of("macro.root.default__hash"), ["macro.dbt.hash"]);
    assert_eq!(of("macro.root.key"), ["macro.dbt.hash", "macro.root.dispatching"]);
    assert_eq!(of("macro.root.dispatching"), ["macro.root.key", "macro.root.default__key"]);
    assert_eq!(of("macro.root.default__key"), ["macro.root.default__key"]);
    assert_eq!(of("macro.root.ref"), ["macro.root.ref"]);
    assert!(of("macro.dbt.hash").contains(&"macro.root.default__hash".to_owned()));
}
