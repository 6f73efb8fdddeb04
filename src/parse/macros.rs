//! Macros as the manifest shows them, and what properties files say of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::json;

use super::ParseRequest;
use super::properties::EntryPlace;
use crate::config::properties::MacroProperties;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::hashed::IndexMap;
use crate::jinja::{MacroDef, MacroKind};
use crate::manifest::{Docs, Macro, MacroArgument, MacroDependsOn, Manifest};
use crate::options::behavior;
use crate::project::{FileKind, Package};

/// Every macro of the project, its packages and the binary.
pub(super) fn manifest_macros(
    request: &ParseRequest<'_>,
) -> Result<IndexMap<String, Arc<Macro>>, Diagnostics> {
    let mut macros = IndexMap::default();
    let dependencies = request.engine.macro_dependencies()?;
    for (definition, depends_on) in request.engine.macros().zip(dependencies) {
        let one = manifest_macro(request, definition, depends_on);
        macros.insert(definition.unique_id.clone(), Arc::new(one));
    }
    Ok(macros)
}

fn manifest_macro(request: &ParseRequest<'_>, definition: &Arc<MacroDef>, depends_on: Vec<String>) -> Macro {
    let path = original_path(request, definition);
    let validated = request.flags.follows(&behavior::VALIDATE_MACRO_ARGS);
    let arguments = if validated {
        let declared = definition.parameters().unwrap_or_default();
        declared
            .into_iter()
            .map(|parameter| MacroArgument {
                name: parameter.name,
                kind: parameter.annotation,
                description: String::new(),
            })
            .collect()
    } else {
        Vec::new()
    };
    let supported_languages = match &definition.kind {
        MacroKind::Materialization { supported_languages, .. } => Some(supported_languages.clone()),
        _ => None,
    };
    Macro {
        name: definition.name.clone(),
        package_name: definition.package.clone(),
        path: path.clone(),
        original_file_path: path,
        unique_id: definition.unique_id.clone(),
        macro_sql: Arc::from(definition.sql()),
        depends_on: MacroDependsOn { macros: depends_on },
        config: json_object(json!({"meta": {}, "docs": {"show": true, "node_color": null}})),
        arguments,
        created_at: request.now,
        supported_languages,
        ..Macro::default()
    }
}

/// The file relative to the package that it belongs to.
fn original_path(request: &ParseRequest<'_>, definition: &MacroDef) -> String {
    let Some(package) = request.project.package(&definition.package) else {
        return definition.source.path.clone();
    };
    let same = |package: &Package| {
        [FileKind::Macro, FileKind::GenericTest]
            .iter()
            .find_map(|kind| {
                let mut files = package.files.of(*kind).iter();
                files.find(|file| Arc::ptr_eq(&file.source, &definition.source))
            })
            .map(crate::project::SourceFile::original_file_path)
    };
    same(package).unwrap_or_else(|| definition.source.path.clone())
}

fn json_object(value: serde_json::Value) -> serde_json::Map<String, serde_json::Value> {
    match value {
        serde_json::Value::Object(map) => map,
        _ => serde_json::Map::new(),
    }
}

/// Merges the `macros:` entries of one properties file.
pub(super) fn patch(
    manifest: &mut Manifest,
    entries: &[(EntryPlace, MacroProperties)],
    warnings: &mut Vec<Diagnostic>,
) {
    for (place, properties) in entries {
        let unique_id = format!("macro.{}.{}", place.package, properties.name);
        let Some(definition) = manifest.macros.get_mut(&unique_id) else {
            warnings.push(
                Diagnostic::warning(
                    "MacroNotFoundForPatch",
                    format!("Found patch for macro \"{}\" which was not found", properties.name),
                )
                .label(place.span.clone(), ""),
            );
            continue;
        };
        let definition = Arc::make_mut(definition);
        check_arguments(definition, properties, place, warnings);
        definition.patch_path = Some(place.patch_path.clone());
        definition.description.clone_from(&properties.description);
        definition.meta.clone_from(&properties.meta);
        if let Some(docs) = &properties.docs {
            definition.docs =
                serde_json::from_value::<Docs>(serde_json::Value::Object(docs.clone())).unwrap_or_default();
        }
        definition.config = json_object(json!({"meta": definition.meta, "docs": definition.docs}));
        if !properties.arguments.is_empty() {
            definition.arguments = properties
                .arguments
                .iter()
                .map(|argument| MacroArgument {
                    name: argument.name.clone(),
                    kind: argument.kind.clone(),
                    description: argument.description.clone().unwrap_or_default(),
                })
                .collect();
        }
    }
}

/// Built-in materializations that an installed package replaces, each package told once.
pub(super) fn replaced_materializations(request: &ParseRequest<'_>, manifest: &Manifest) -> Vec<Diagnostic> {
    let used: BTreeSet<&str> =
        manifest.nodes.values().filter_map(|node| node.config.get("materialized")?.as_str()).collect();
    let mut packages = BTreeMap::new();
    for name in used {
        if let Some(package) = request.engine.overriding_package(name, "postgres") {
            packages.entry(package).or_insert(name);
        }
    }
    let warning = |(package, name): (String, &str)| {
        Diagnostic::warning(
            "PackageMaterializationOverrideDeprecation",
            format!(
                "Installed package '{package}' is overriding the built-in materialization '{name}'. Overrides of \
                 built-in materializations from installed packages will be deprecated in future versions of dbt. \
                 For more information: https://docs.getdbt.com/reference/global-configs/legacy-behaviors"
            ),
        )
    };
    packages.into_iter().map(warning).collect()
}

/// With the flag `validate_macro_args` the declared arguments are known, and must be those of the YAML.
fn check_arguments(
    definition: &Macro,
    properties: &MacroProperties,
    place: &EntryPlace,
    warnings: &mut Vec<Diagnostic>,
) {
    if definition.arguments.is_empty() || properties.arguments.is_empty() {
        return;
    }
    let mut warn = |message: String| {
        warnings.push(Diagnostic::warning("InvalidMacroAnnotation", message).label(place.span.clone(), ""));
    };
    for (declared, given) in definition.arguments.iter().zip(&properties.arguments) {
        if declared.name != given.name {
            warn(format!(
                "Argument {} in yaml for macro {} does not match the jinja definition.",
                given.name, definition.name
            ));
        }
    }
    if definition.arguments.len() != properties.arguments.len() {
        warn(format!(
            "The number of arguments in the yaml for macro {} does not match the jinja definition.",
            definition.name
        ));
    }
    for argument in &properties.arguments {
        if argument.kind.as_deref().is_some_and(|kind| !kind.trim().is_empty() && !is_type(kind)) {
            warn(format!(
                "Argument {} in the yaml for macro {} has an invalid type.",
                argument.name, definition.name
            ));
        }
    }
}

/// Whether a text is a type of dbt's small language, as `dict[str, list[int]]`.
fn is_type(text: &str) -> bool {
    fn take(text: &str) -> Option<&str> {
        let end = text.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(text.len());
        let (name, mut rest) = text.split_at(end);
        let parameters = match name {
            "str" | "string" | "bool" | "int" | "integer" | "float" | "any" | "relation" | "column" => 0,
            "list" | "optional" => 1,
            "dict" => 2,
            _ => return None,
        };
        if parameters == 0 {
            return Some(rest);
        }
        rest = rest.strip_prefix('[')?;
        for at in 0..parameters {
            rest = take(rest)?;
            if at + 1 < parameters {
                rest = rest.strip_prefix(',')?;
            }
        }
        rest.strip_prefix(']')
    }
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    take(&text) == Some("")
}

#[cfg(test)]
mod tests {
    use super::is_type;

    #[test]
    fn types_of_macro_arguments() {
        for valid in ["string", "list[int]", "dict[str, optional[relation]]"] {
            assert!(is_type(valid), "{valid}");
        }
        for invalid in ["strin", "list", "dict[str]", "int]"] {
            assert!(!is_type(invalid), "{invalid}");
        }
    }
}
