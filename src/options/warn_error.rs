//! `--warn-error-options`: which warnings are errors, which stay warnings, which are not shown.

use serde_json::{Map, Value as Json};

use crate::diagnostic::{Diagnostic, Result, did_you_mean};

use super::values::usage;

const KEYS: [&str; 5] = ["error", "warn", "silence", "include", "exclude"];
/// Instead of a list.
const ALL: [&str; 2] = ["all", "*"];
const DEPRECATIONS: &str = "Deprecations";

/// A name a line.
const EVENTS_OF_DBT: &str = include_str!("event_names.txt");

/// Warnings that dbt does not have.
const OWN: &[&str] = &[
    "CleanTargetNotFolder",
    "EmptyJobStep",
    "FilesNotLoaded",
    "LineageNotCompiled",
    "LoadNotOnTime",
    "NoFilesToLoad",
    "OlderFilesLoaded",
    "OpenEnd",
    "OpenTransaction",
    "PasswordFileIgnored",
    "PipelineKeyIgnored",
    "RunLogFailed",
    "SchemaNameCut",
    "SeedColumnType",
    "SeedDelimiter",
    "UnknownConfig",
    "UnknownConfigValue",
    "UnknownKey",
    "UnknownMaterialization",
    "UnknownOutputKey",
    "UnknownProfileKey",
    "UnknownProjectFlag",
    "UnknownTest",
    "UnmetDependency",
];

/// Names of warnings (dbt's event names); `all`, `*` and `Deprecations` are groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct WarnErrorOptions {
    pub error: Vec<String>,
    /// Exceptions from `error`.
    pub warn: Vec<String>,
    pub silence: Vec<String>,
    /// Those that dbt says without asking, too.
    pub handles_all: bool,
}

impl WarnErrorOptions {
    /// `--warn-error`: every warning is an error.
    pub(super) fn all() -> Self {
        Self { error: vec!["all".to_owned()], ..Self::default() }
    }

    /// From the mapping with `error`, `warn` and `silence`, or their older names `include` and `exclude`.
    pub(super) fn read(options: &Map<String, Json>) -> Result<Self> {
        if let Some(unknown) = options.keys().find(|key| !KEYS.contains(&key.as_str())) {
            return Err(usage(format!("`{unknown}` is not a key of warn_error_options"))
                .maybe_help(did_you_mean(unknown, KEYS))
                .boxed());
        }
        let read = Self {
            error: names(either(options, "error", "include")?, "error")?,
            warn: names(either(options, "warn", "exclude")?, "warn")?,
            silence: names(options.get("silence"), "silence")?,
            handles_all: false,
        };
        read.check()?;
        Ok(read)
    }

    /// dbt's rules: a name that is not known would switch off a check in silence.
    fn check(&self) -> Result<()> {
        let is_all = matches!(self.error.as_slice(), [one] if ALL.contains(&one.as_str()));
        let lists = [if is_all { &[][..] } else { &self.error }, &self.warn, &self.silence];
        let known = || EVENTS_OF_DBT.lines().chain(OWN.iter().copied()).chain([DEPRECATIONS]).chain(ALL);
        for name in lists.into_iter().flatten() {
            if !known().any(|known| known == name) {
                return Err(usage(format!("{name} is not a valid dbt error name."))
                    .maybe_help(did_you_mean(name, known()))
                    .boxed());
            }
        }
        let has_deprecations = |list: &[String]| list.iter().any(|name| name == DEPRECATIONS);
        if !self.warn.is_empty()
            && !is_all
            && !has_deprecations(&self.error)
            && !has_deprecations(&self.silence)
        {
            return Err(usage(
                "`warn` can only be specified if `error` is one of ('all', '*') or Deprecations is in `error` or silence.",
            )
            .help("warnings are warnings already: leave `warn` out, or write `error: all`")
            .boxed());
        }
        Ok(())
    }
}

fn either<'a>(options: &'a Map<String, Json>, name: &str, older: &str) -> Result<Option<&'a Json>> {
    let set =
        |key: &str| options.get(key).filter(|value| !value.is_null() && **value != Json::Array(Vec::new()));
    match (set(name), set(older)) {
        (Some(_), Some(_)) => Err(usage(format!(
            "Only `{older}` or `{name}` can be specified in `warn_error_options`, not both"
        ))
        .boxed()),
        (newer, old) => Ok(newer.or(old)),
    }
}

/// dbt: `error` may be one of the words for all; any other text would be a list of its letters.
fn names(value: Option<&Json>, key: &str) -> Result<Vec<String>> {
    let items = match value {
        None | Some(Json::Null) => return Ok(Vec::new()),
        Some(Json::String(all)) if key == "error" && ALL.contains(&all.as_str()) => {
            return Ok(vec![all.clone()]);
        }
        Some(Json::Array(items)) => items,
        Some(other) => {
            let help = other.as_str().map(|name| format!("write `{key}: [{name}]`"));
            return Err(usage(format!("`{key}` of warn_error_options must be a list, but is {other}"))
                .maybe_help(help)
                .boxed());
        }
    };
    let name = |item: &Json| match item {
        Json::String(name) => Ok(name.clone()),
        other => Err(usage(format!("{other} is not a valid dbt error name.")).boxed()),
    };
    items.iter().map(name).collect()
}

/// dbt's deprecation of the older names of the keys.
pub(super) fn deprecated(options: &Map<String, Json>) -> Option<Diagnostic> {
    let renamed = [("include", "error"), ("exclude", "warn")];
    let found: Vec<(&str, &str)> =
        renamed.into_iter().filter(|(older, _)| options.contains_key(*older)).collect();
    if found.is_empty() {
        return None;
    }
    let names: Vec<String> = found.iter().map(|(older, _)| format!("`{older}`")).collect();
    let advice: Vec<String> =
        found.iter().map(|(older, name)| format!(" Please use `{name}` instead of `{older}`.")).collect();
    let advice = advice.concat();
    Some(Diagnostic::warning(
        "WEOIncludeExcludeDeprecation",
        format!("Found {} in `warn_error_options` specification.{advice}", names.join(" and ")),
    ))
}
