//! Which macros a macro depends on, as dbt records it.

use std::sync::LazyLock;

use crate::builtin;
use crate::diagnostic::{Diagnostics, Result};
use crate::hashed::HashMap;

use crate::jinja::{MacroDef, StaticCall, calls_of};

use super::registry::{self, Registry};

/// What each macro depends on, in the engine's order.
pub(super) fn dependencies(registry: &Registry) -> Result<Vec<Vec<String>>, Diagnostics> {
    let macros: Vec<_> = registry.all().collect();
    let mut found = Vec::with_capacity(macros.len());
    let mut diagnostics = Diagnostics::default();
    for one in crate::parallel::map(&macros, |one| dependencies_of(registry, one)) {
        match one {
            Ok(dependencies) => found.push(dependencies),
            Err(diagnostic) => diagnostics.0.push(*diagnostic),
        }
    }
    if diagnostics.0.is_empty() { Ok(found) } else { Err(diagnostics) }
}

fn dependencies_of(registry: &Registry, definition: &MacroDef) -> Result<Vec<String>> {
    if definition.package == registry::BUILTIN
        && let Some(calls) = BUILT_IN.get(definition.name.as_str())
    {
        return Ok(resolved(registry, definition, calls));
    }
    Ok(resolved(registry, definition, &calls_of(definition)?))
}

/// What the macros in the binary call, so that they need not be read anew by every command: a macro a line.
static BUILT_IN: LazyLock<HashMap<&'static str, Vec<StaticCall>>> = LazyLock::new(|| {
    let line = |line: &'static str| {
        let (name, calls) = line.split_once(':')?;
        Some((name, calls.split_whitespace().map(StaticCall::parse).collect()))
    };
    builtin::MACRO_CALLS.lines().filter_map(line).collect()
});

/// What dbt's own names hide while it reads macros: calls of these are never calls of macros.
const NOT_MACROS: [&str; 28] = [
    "config",
    "context",
    "builtins",
    "dbt_version",
    "diff_of_two_dicts",
    "env_var",
    "flags",
    "fromjson",
    "fromyaml",
    "invocation_id",
    "local_md5",
    "log",
    "modules",
    "print",
    "project_name",
    "ref",
    "return",
    "run_started_at",
    "set",
    "set_strict",
    "source",
    "target",
    "thread_id",
    "tojson",
    "toyaml",
    "var",
    "zip",
    "zip_strict",
];

/// The ids of the macros that a macro calls, as `depends_on.macros` in the manifest.
fn resolved(registry: &Registry, definition: &MacroDef, calls: &[StaticCall]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |one: Option<&MacroDef>| {
        if let Some(one) = one
            && !found.contains(&one.unique_id)
        {
            found.push(one.unique_id.clone());
        }
    };
    let is_own = |name: &str| name == definition.name;
    for call in calls {
        match call {
            StaticCall::Named { package: None, name } => {
                if !is_own(name) && !NOT_MACROS.contains(&name.as_str()) {
                    add(registry.find_from(name, &definition.package));
                }
            }
            StaticCall::Named { package: Some(package), name } => add(registry.find_from(name, package)),
            // dbt: the dispatched name counts as a call of its own
            StaticCall::Dispatch { name, namespace } => {
                if !is_own(name) {
                    add(registry.find_from(name, &definition.package));
                }
                add(registry.dispatch_anywhere(name, namespace.as_deref()));
            }
        }
    }
    // dbt's macros dispatch, ours are replaced
    if definition.package == registry::BUILTIN {
        add(registry.replacing(&definition.name));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{Engine, EngineSettings};

    /// `UPDATE_SPECS=1` rewrites the file.
    #[test]
    fn the_calls_of_built_in_macros_are_those_in_their_text() {
        let engine =
            Engine::new(EngineSettings { root: "p".to_owned(), ..EngineSettings::default() }).unwrap();
        let mut found = String::new();
        for definition in engine.macros() {
            let calls: Vec<String> = calls_of(definition).unwrap().iter().map(StaticCall::spelled).collect();
            found.push_str(&format!("{}: {}\n", definition.name, calls.join(" ")));
        }
        if std::env::var_os("UPDATE_SPECS").is_some() {
            std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/src/builtin/macro_calls.txt"), &found)
                .unwrap();
        } else {
            assert_eq!(found, builtin::MACRO_CALLS, "run with UPDATE_SPECS=1 to write it anew");
        }
    }
}
