//! Warnings: their codes, which of them `--warn-error-options` turns into errors or silences, and how
//! often each deprecation was met.

use serde_json::{Value, json};

use crate::diagnostic::Diagnostic;
use crate::options::WarnErrorOptions;

/// What becomes of a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    Error,
    Warn,
    Silence,
}

/// dbt says these without asking whether warnings are errors, unless the project wants it to.
const UNASKED: [&str; 2] = ["FreshnessConfigProblem", "MicrobatchModelNoEventTimeInputs"];

/// The most specific list decides: the name itself, then the group of deprecations, then `all`.
pub(super) fn treatment(options: &WarnErrorOptions, name: &str) -> Treatment {
    if !options.handles_all && UNASKED.contains(&name) {
        return Treatment::Warn;
    }
    let deprecation = is_deprecation(name).then_some("Deprecations");
    for key in [Some(name), deprecation, Some("all"), Some("*")].into_iter().flatten() {
        let listed = |names: &[String]| names.iter().any(|listed| listed == key);
        if listed(&options.silence) {
            return Treatment::Silence;
        }
        if listed(&options.warn) {
            return Treatment::Warn;
        }
        if listed(&options.error) {
            return Treatment::Error;
        }
    }
    Treatment::Warn
}

/// Deprecations are said once each and counted.
pub(crate) fn is_deprecation(name: &str) -> bool {
    match name {
        "UpcomingReferenceDeprecation" | "SpacesInResourceNameDeprecation" => false,
        "CollectFreshnessReturnSignature"
        | "EnvironmentVariableRenamed"
        | "MetricAttributesRenamed"
        | "SourceFreshnessProjectHooksNotRun" => true,
        _ => name.ends_with("Deprecation"),
    }
}

/// The fields of a warning's event, as the JSON log carries them.
pub(super) fn data(warning: &Diagnostic) -> Value {
    let mut data = json!({ "msg": warning.message });
    for (name, value) in &warning.facts {
        data[*name] = value.as_str().into();
    }
    data
}

/// Whether dbt has no such warning.
pub(crate) fn is_own_warning(name: &str) -> bool {
    CODES.iter().all(|(known, _)| *known != name)
}

/// dbt's code of a warning event.
pub(super) fn code(name: &str) -> &'static str {
    CODES.iter().find(|(known, _)| *known == name).map_or("W000", |(_, code)| code)
}

const CODES: &[(&str, &str)] = &[
    ("AdapterDeprecationWarning", "D005"),
    ("AdapterEventWarning", "E003"),
    ("ArgumentsPropertyInGenericTestDeprecation", "D038"),
    ("BehaviorChangeEvent", "D000"),
    ("CatalogGenerationError", "E040"),
    ("CollectFreshnessReturnSignature", "D012"),
    ("ConfigDataPathDeprecation", "D004"),
    ("ConfigLogPathDeprecation", "D010"),
    ("ConfigSourcePathDeprecation", "D003"),
    ("ConfigTargetPathDeprecation", "D011"),
    ("ConstraintNotEnforced", "E048"),
    ("ConstraintNotSupported", "E049"),
    ("CustomKeyInConfigDeprecation", "D026"),
    ("CustomKeyInObjectDeprecation", "D027"),
    ("CustomOutputPathInSourceFreshnessDeprecation", "D029"),
    ("CustomTopLevelKeyDeprecation", "D025"),
    ("DeprecatedModel", "I065"),
    ("DeprecatedReference", "I067"),
    ("DeprecationsSummary", "D028"),
    ("DepsScrubbedPackageName", "M035"),
    ("DepsUnpinned", "M029"),
    ("DuplicateNameDistinctNodeTypesDeprecation", "D040"),
    ("DuplicateYAMLKeysDeprecation", "D024"),
    ("EnvironmentVariableNamespaceDeprecation", "D036"),
    ("EnvironmentVariableRenamed", "D009"),
    ("ExposureNameDeprecation", "D007"),
    ("FreshnessConfigProblem", "I073"),
    ("GenericJSONSchemaValidationDeprecation", "D022"),
    ("GetMetaKeyWarning", "D041"),
    ("InternalDeprecation", "D008"),
    ("InvalidConcurrentBatchesConfig", "I075"),
    ("InvalidMacroAnnotation", "I076"),
    ("InvalidValueForField", "I008"),
    ("JinjaLogWarning", "I061"),
    ("MacroNotFoundForPatch", "I059"),
    ("MetricAttributesRenamed", "D006"),
    ("MicrobatchMacroOutsideOfBatchesDeprecation", "D020"),
    ("MicrobatchModelNoEventTimeInputs", "I074"),
    ("MissingArgumentsPropertyInGenericTestDeprecation", "D039"),
    ("MissingPlusPrefixDeprecation", "D037"),
    ("ModelParamUsageDeprecation", "D032"),
    ("ModulesItertoolsUsageDeprecation", "D034"),
    ("NoNodeForYamlKey", "I058"),
    ("NoNodesForSelectionCriteria", "M030"),
    ("NoNodesSelected", "Q038"),
    ("NodeNotFoundOrDisabled", "I060"),
    ("NothingToDo", "Q035"),
    ("PackageInstallPathDeprecation", "D002"),
    ("PackageMaterializationOverrideDeprecation", "D016"),
    ("PackageNodeDependsOnRootProjectNode", "I077"),
    ("PackageRedirectDeprecation", "D001"),
    ("ProjectFlagsMovedDeprecation", "D013"),
    ("PropertyMovedToConfigDeprecation", "D030"),
    ("ResourceNamesWithSpacesDeprecation", "D015"),
    ("SeedExceedsLimitAndPathChanged", "I054"),
    ("SeedExceedsLimitChecksumChanged", "I055"),
    ("SeedExceedsLimitSamePath", "I053"),
    ("SeedIncreased", "I052"),
    ("SemanticValidationFailure", "I070"),
    ("SnapshotTimestampWarning", "Q043"),
    ("SourceFreshnessProjectHooksNotRun", "D017"),
    ("SourceOverrideDeprecation", "D035"),
    ("SpacesInResourceNameDeprecation", "D014"),
    ("TestsConfigDeprecation", "D012"),
    ("UnexpectedJinjaBlockDeprecation", "D023"),
    ("UnsupportedConstraintMaterialization", "I068"),
    ("UnusedResourceConfigPath", "I051"),
    ("UnusedTables", "I056"),
    ("UnversionedBreakingChange", "I071"),
    ("UpcomingReferenceDeprecation", "I066"),
    ("ValidationWarning", "I009"),
    ("WEOIncludeExcludeDeprecation", "D031"),
    ("WarnStateTargetEqual", "I072"),
    ("WrongResourceSchemaFile", "I057"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_list_decides() {
        let list = |name: &str| vec![name.to_owned()];
        let options = WarnErrorOptions {
            error: list("all"),
            warn: list("Deprecations"),
            silence: list("NothingToDo"),
            handles_all: false,
        };
        assert_eq!(treatment(&options, "NothingToDo"), Treatment::Silence);
        assert_eq!(treatment(&options, "ExposureNameDeprecation"), Treatment::Warn);
        assert_eq!(treatment(&options, "NoNodesForSelectionCriteria"), Treatment::Error);
        assert_eq!(treatment(&WarnErrorOptions::default(), "NothingToDo"), Treatment::Warn);
    }
}
