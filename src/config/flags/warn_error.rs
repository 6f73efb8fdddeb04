//! `--warn-error-options`: which warnings are errors, which stay warnings, which are not shown.

use serde_json::{Map, Value as Json};

use crate::diagnostic::Result;

use super::values::usage;

/// Names of warnings (dbt's event names), or all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WarnErrorOptions {
    /// `all` or `*`.
    pub all_are_errors: bool,
    pub errors: Vec<String>,
    /// Exceptions from `errors`.
    pub warnings: Vec<String>,
    pub silenced: Vec<String>,
}

impl WarnErrorOptions {
    pub fn is_error(&self, name: &str) -> bool {
        let named = |list: &[String]| {
            list.iter()
                .any(|entry| entry == name || (entry == "Deprecations" && name.ends_with("Deprecation")))
        };
        (self.all_are_errors || named(&self.errors)) && !named(&self.warnings) && !named(&self.silenced)
    }

    pub fn is_silenced(&self, name: &str) -> bool {
        self.silenced
            .iter()
            .any(|entry| entry == name || (entry == "Deprecations" && name.ends_with("Deprecation")))
    }

    /// From the mapping with `error`, `warn` and `silence`, or their older names `include` and `exclude`.
    pub(super) fn read(options: &Map<String, Json>) -> Result<Self> {
        let errors = either(options, "error", "include")?;
        let warnings = either(options, "warn", "exclude")?;
        let (all_are_errors, errors) = match errors {
            Some(Json::String(all)) if all == "all" || all == "*" => (true, Vec::new()),
            other => (false, names(other, "error")?),
        };
        Ok(Self {
            all_are_errors,
            errors,
            warnings: names(warnings, "warn")?,
            silenced: names(options.get("silence"), "silence")?,
        })
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

fn names(value: Option<&Json>, key: &str) -> Result<Vec<String>> {
    match value {
        None | Some(Json::Null) => Ok(Vec::new()),
        Some(Json::Array(items)) => Ok(items.iter().filter_map(Json::as_str).map(str::to_owned).collect()),
        Some(Json::String(name)) => Ok(vec![name.clone()]),
        Some(other) => {
            Err(usage(format!("`{key}` of warn_error_options must be a list, but is {other}")).boxed())
        }
    }
}
