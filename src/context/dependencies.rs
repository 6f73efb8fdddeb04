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

/// The ids of the macros that a macro calls, as `depends_on.macros` in the manifest.
fn resolved(registry: &Registry, definition: &MacroDef, calls: &[StaticCall]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for call in calls {
        let dependency = match call {
            StaticCall::Named { package: None, name } if *name == definition.name => None,
            StaticCall::Named { package, name } => {
                let package = package.as_deref().unwrap_or(&definition.package);
                registry.find_from(name, package)
            }
            StaticCall::Dispatch { name, namespace } => {
                let entry = registry.dispatch(name, namespace.as_deref(), &definition.package);
                entry.ok().map(|entry| &*entry.definition)
            }
        };
        if let Some(dependency) = dependency
            && dependency.unique_id != definition.unique_id
            && !found.contains(&dependency.unique_id)
        {
            found.push(dependency.unique_id.clone());
        }
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
