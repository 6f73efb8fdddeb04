//! Values of a file of jobs.

use serde_json::{Map, Value as Json};

use crate::config::{Fields, Mapping, Yaml, duration, strict};
use crate::diagnostic::Result;

/// Of all errors in these files.
pub(super) const CODE: &str = "job";

pub(super) fn seconds(fields: &Fields<'_>, key: &str) -> Result<Option<u32>> {
    let Some(value) = fields.get(key) else { return Ok(None) };
    match value.scalar_text().and_then(|text| duration::seconds(&text)) {
        Some(seconds) => Ok(Some(seconds)),
        None => Err(strict::wrong(
            CODE,
            value,
            &format!("`{key}` is not a duration; write it as `5 minutes` or `2 hours`"),
        )),
    }
}

/// A program and its arguments, called without a shell.
pub(super) fn words(value: &Yaml, owner: &str) -> Result<Vec<String>> {
    let items = value.expect_sequence(owner)?;
    let words: Option<Vec<String>> = items.iter().map(Yaml::scalar_text).collect();
    words.filter(|words| words.first().is_some_and(|program| !program.is_empty())).ok_or_else(|| {
        strict::wrong(
            CODE,
            value,
            &format!("{owner} is a list of a program and its arguments, as [\"python\", \"load.py\"]"),
        )
    })
}

/// `key: {..}` as JSON.
pub(super) fn json_mapping(fields: &Fields<'_>, key: &str) -> Result<Map<String, Json>> {
    let nested = fields.nested(key)?.and_then(Yaml::as_mapping);
    Ok(nested.map(Mapping::to_json).unwrap_or_default())
}
