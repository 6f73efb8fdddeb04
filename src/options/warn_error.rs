//! `--warn-error-options`: which warnings are errors, which stay warnings, which are not shown.

use serde_json::{Map, Value as Json};

use crate::diagnostic::Result;

use super::values::usage;

/// Names of warnings (dbt's event names); `all`, `*` and `Deprecations` are groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct WarnErrorOptions {
    pub error: Vec<String>,
    /// Exceptions from `error`.
    pub warn: Vec<String>,
    pub silence: Vec<String>,
}

impl WarnErrorOptions {
    /// `--warn-error`: every warning is an error.
    pub(super) fn all() -> Self {
        Self { error: vec!["all".to_owned()], ..Self::default() }
    }

    /// From the mapping with `error`, `warn` and `silence`, or their older names `include` and `exclude`.
    pub(super) fn read(options: &Map<String, Json>) -> Result<Self> {
        Ok(Self {
            error: names(either(options, "error", "include")?, "error")?,
            warn: names(either(options, "warn", "exclude")?, "warn")?,
            silence: names(options.get("silence"), "silence")?,
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
