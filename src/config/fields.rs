//! Typed reading of one mapping: the errors name the file, the key and its owner.

use std::fmt;

use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, Result, did_you_mean};

use super::yaml::{Kind, Mapping, Yaml};

/// A mapping and how messages call it: `model` `orders`.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a> {
    pub yaml: &'a Yaml,
    mapping: &'a Mapping,
    kind: &'static str,
    name: &'a str,
}

fn article(noun: &str) -> &'static str {
    let sounds_like_you = ["unit", "user"].iter().any(|start| noun.starts_with(start));
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) && !sounds_like_you { "an" } else { "a" }
}

impl<'a> Fields<'a> {
    pub(crate) fn new(yaml: &'a Yaml, kind: &'static str, name: &'a str) -> Result<Self> {
        match yaml.as_mapping() {
            Some(mapping) => Ok(Self { yaml, mapping, kind, name }),
            None => Err(yaml.wrong_type(&format!("{} {kind}", article(kind)), "a mapping")),
        }
    }

    /// A mapping that is named by its own `name` key.
    pub(crate) fn named(yaml: &'a Yaml, kind: &'static str) -> Result<Self> {
        let fields = Self::new(yaml, kind, "")?;
        match fields.get("name") {
            Some(Yaml { kind: Kind::String(name), .. }) => Ok(Self { name, ..fields }),
            Some(other) => {
                Err(other.wrong_type(&format!("the name of {} {kind}", article(kind)), "a string"))
            }
            None => Err(Diagnostic::parsing(
                "name-missing",
                format!("a list element for {} {kind} does not have a name attribute", article(kind)),
            )
            .label(yaml.span(), "")
            .help("add `name: ...`")
            .boxed()),
        }
    }

    pub(crate) fn name(&self) -> &'a str {
        self.name
    }

    pub(crate) fn mapping(&self) -> &'a Mapping {
        self.mapping
    }

    /// The value of a key; null counts as absent.
    pub(crate) fn get(&self, key: &str) -> Option<&'a Yaml> {
        self.mapping.get(key).filter(|value| !value.is_null())
    }

    fn owner(&self, key: &str) -> String {
        format!("`{key}` of {self}")
    }

    /// A string and nothing else, as dbt's schemas want it; a date counts as its text.
    pub(crate) fn string(&self, key: &str) -> Result<Option<String>> {
        match self.get(key) {
            Some(Yaml { kind: Kind::String(text) | Kind::Date(text), .. }) => Ok(Some(text.clone())),
            Some(value) => Err(value.wrong_type(&self.owner(key), "a string")),
            None => Ok(None),
        }
    }

    /// A string; numbers and booleans count as the text they are written with in Python.
    pub(crate) fn text(&self, key: &str) -> Result<Option<String>> {
        match self.get(key) {
            None => Ok(None),
            Some(value) => match value.scalar_text() {
                Some(text) => Ok(Some(text)),
                None => Err(value.wrong_type(&self.owner(key), "a string")),
            },
        }
    }

    pub(crate) fn string_or_empty(&self, key: &str) -> Result<String> {
        Ok(self.string(key)?.unwrap_or_default())
    }

    pub(crate) fn boolean(&self, key: &str) -> Result<Option<bool>> {
        self.get(key).map(|value| value.expect_bool(&self.owner(key))).transpose()
    }

    pub(crate) fn integer(&self, key: &str) -> Result<Option<i64>> {
        match self.get(key) {
            None => Ok(None),
            Some(value) => match value.as_i64() {
                Some(number) => Ok(Some(number)),
                None => Err(value.wrong_type(&self.owner(key), "an integer")),
            },
        }
    }

    pub(crate) fn list(&self, key: &str) -> Result<&'a [Yaml]> {
        self.get(key).map_or(Ok(&[]), |value| value.expect_sequence(&self.owner(key)))
    }

    /// A mapping, kept as YAML.
    pub(crate) fn nested(&self, key: &str) -> Result<Option<&'a Yaml>> {
        match self.get(key) {
            Some(value) => {
                value.expect_mapping(&self.owner(key))?;
                Ok(Some(value))
            }
            None => Ok(None),
        }
    }

    pub(crate) fn object(&self, key: &str) -> Result<Option<serde_json::Map<String, Json>>> {
        Ok(self.nested(key)?.and_then(Yaml::as_mapping).map(Mapping::to_json))
    }

    /// One string, or a list of strings.
    pub(crate) fn strings(&self, key: &str) -> Result<Option<Vec<String>>> {
        match self.get(key) {
            None => Ok(None),
            Some(value) => match value.string_or_list() {
                Some(list) => Ok(Some(list)),
                None => Err(value.wrong_type(&self.owner(key), "a string or a list of strings")),
            },
        }
    }

    /// Warns of each key that is nearly one of `known`: the entry may have keys of its user's own.
    pub(crate) fn warn_mistyped(&self, known: &[&str], warnings: &mut Vec<Diagnostic>) {
        for entry in self.mapping {
            if known.contains(&entry.key.as_str()) {
                continue;
            }
            let Some(hint) = did_you_mean(&entry.key, known.iter().copied()) else { continue };
            warnings.push(
                Diagnostic::warning("UnknownKey", format!("unknown key `{}` in {self}", entry.key))
                    .label(entry.key_span(), "")
                    .help(hint),
            );
        }
    }

    /// Warns of each key that is not among `known`; dbt has a deprecation for those that are nothing like them.
    pub(crate) fn warn_unknown(&self, known: &[&str], warnings: &mut Vec<Diagnostic>) {
        self.warn_mistyped(known, warnings);
        let is_own = |key: &str| !known.contains(&key) && did_you_mean(key, known.iter().copied()).is_none();
        for entry in self.mapping.iter().filter(|entry| is_own(&entry.key)) {
            warnings.push(
                Diagnostic::warning(
                    "CustomKeyInObjectDeprecation",
                    format!("unknown key `{}` in {self}", entry.key),
                )
                .label(entry.key_span(), ""),
            );
        }
    }
}

impl fmt::Display for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            return write!(f, "{}", self.kind);
        }
        write!(f, "{} `{}`", self.kind, self.name)
    }
}
