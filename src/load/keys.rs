//! The mapping `load` of a source, key by key, with errors that name the key.

use serde_json::{Map, Value as Json};

use crate::diagnostic::{Diagnostic, Result, did_you_mean};

/// A mapping below `load`.
pub(super) struct Keys<'a> {
    map: &'a Map<String, Json>,
    path: String,
}

impl<'a> Keys<'a> {
    /// All of its keys have to be known.
    pub(super) fn new(value: &'a Json, path: &str, known: &[&str]) -> Result<Self> {
        let map =
            value.as_object().ok_or_else(|| invalid(path, "is not a mapping").help("see docs/loading.md"))?;
        if let Some(key) = map.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(invalid(&format!("{path}.{key}"), "does not exist")
                .help(
                    did_you_mean(key, known.iter().copied())
                        .unwrap_or_else(|| format!("`{path}` has: {}", known.join(", "))),
                )
                .boxed());
        }
        Ok(Self { map, path: path.to_owned() })
    }

    pub(super) fn path(&self, key: &str) -> String {
        format!("{}.{key}", self.path)
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a Json> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<&'a str>> {
        let text = |value: &'a Json| {
            value.as_str().ok_or_else(|| invalid(&self.path(key), "is not a text").help("quote it").boxed())
        };
        self.get(key).map(text).transpose()
    }

    /// A list, or one text.
    pub(super) fn texts(&self, key: &str) -> Result<Option<Vec<String>>> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let items = match value {
            Json::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        let texts = items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
        texts.map(Some).ok_or_else(|| {
            invalid(&self.path(key), "is not a list of texts").help("quote each of them").boxed()
        })
    }

    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>> {
        let flag = |value: &Json| {
            value.as_bool().ok_or_else(|| invalid(&self.path(key), "is not true or false").boxed())
        };
        self.get(key).map(flag).transpose()
    }

    pub(super) fn count(&self, key: &str) -> Result<Option<u64>> {
        let count = |value: &Json| {
            value.as_u64().ok_or_else(|| invalid(&self.path(key), "is not a whole number from 0").boxed())
        };
        self.get(key).map(count).transpose()
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Result<Option<T>> {
        let Some(given) = self.text(key)? else { return Ok(None) };
        match words.iter().find(|(word, _)| *word == given) {
            Some((_, meant)) => Ok(Some(*meant)),
            None => {
                let known = words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
                Err(invalid(&self.path(key), &format!("is `{given}` (expected one of: {known})")).boxed())
            }
        }
    }
}

/// `load.from.files` and what is wrong with it.
pub(super) fn invalid(path: &str, what: &str) -> Diagnostic {
    Diagnostic::compilation("load-config", format!("`{path}` {what}"))
}
