//! Python's `Pattern`: a compiled regular expression and what it can do.

use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use fancy_regex::Regex;
use minijinja::Error;
use minijinja::value::Value;

use super::syntax::{Flags, translate};
use crate::hashed::HashMap;
use crate::jinja::python::{repr, type_error, value_error};

/// So many compiled patterns are kept.
const CACHE_LIMIT: usize = 512;

type Cache = HashMap<(String, Flags), Arc<Compiled>>;

static CACHE: LazyLock<Mutex<Cache>> = LazyLock::new(Mutex::default);

pub(super) struct Compiled {
    pub(super) source: String,
    pub(super) flags: Flags,
    pub(super) search: Regex,
    /// Must begin where the text begins.
    pub(super) at_start: Regex,
    /// Must take all of the text.
    pub(super) whole: Regex,
}

/// A compiled pattern; cheap to clone.
#[derive(Clone)]
pub(super) struct Pattern(pub(super) Arc<Compiled>);

impl Pattern {
    pub(super) fn of_value(value: &Value, flags: Option<&Value>) -> Result<Self, Error> {
        if let Some(pattern) = value.downcast_object_ref::<Self>() {
            return Ok(pattern.clone());
        }
        let Some(source) = value.as_str() else {
            return Err(type_error("first argument must be string or compiled pattern"));
        };
        Self::compile(source, Flags::of_value(flags))
    }

    fn compile(source: &str, flags: Flags) -> Result<Self, Error> {
        let key = (source.to_owned(), flags);
        let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(compiled) = cache.get(&key) {
            return Ok(Self(Arc::clone(compiled)));
        }
        let build = |anchors: [&str; 2]| {
            Regex::new(&translate(source, flags, anchors)).map_err(|error| {
                value_error(format!("invalid regular expression {}: {error}", repr(&Value::from(source))))
            })
        };
        let compiled = Arc::new(Compiled {
            source: source.to_owned(),
            flags,
            search: build(["", ""])?,
            at_start: build([r"\A", ""])?,
            whole: build([r"\A", r"\z"])?,
        });
        if cache.len() >= CACHE_LIMIT {
            cache.clear();
        }
        cache.insert(key, Arc::clone(&compiled));
        Ok(Self(compiled))
    }

    /// Named groups with their numbers, in the order of the pattern.
    pub(super) fn group_names(&self) -> Vec<(&str, usize)> {
        let names = self.0.search.capture_names().enumerate();
        names.filter_map(|(index, name)| Some((name?, index))).collect()
    }

    pub(super) fn group_index(&self, name: &str) -> Option<usize> {
        self.group_names().into_iter().find(|(known, _)| *known == name).map(|(_, index)| index)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "re.compile({})", repr(&Value::from(self.0.source.as_str())))
    }
}
