//! The variables that `var()` knows.

use minijinja::Value;
use serde_json::{Map, Value as Json};

use crate::config::Yaml;
use crate::config::yaml::{Kind, Mapping};
use crate::hashed::HashMap;
use crate::jinja::python::{datetime, dict, from_json, list};

/// By name. YAML knows dates, and so does Python; JSON has their texts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vars {
    texts: Map<String, Json>,
    /// Of those that hold dates.
    dated: HashMap<String, Value>,
}

impl Vars {
    pub(crate) fn of_json(texts: Map<String, Json>) -> Self {
        Self { texts, dated: HashMap::default() }
    }

    pub(crate) fn of_yaml(mapping: &Mapping) -> Self {
        let mut vars = Self::default();
        for entry in mapping {
            vars.texts.insert(entry.key.clone(), entry.value.to_json());
            if holds_dates(&entry.value) {
                vars.dated.insert(entry.key.clone(), value(&entry.value));
            }
        }
        vars
    }

    /// The others stand over them.
    pub(crate) fn extend(&mut self, others: &Self) {
        for (name, text) in &others.texts {
            self.texts.insert(name.clone(), text.clone());
            match others.dated.get(name) {
                Some(value) => self.dated.insert(name.clone(), value.clone()),
                None => self.dated.remove(name),
            };
        }
    }

    pub(crate) fn texts(&self) -> &Map<String, Json> {
        &self.texts
    }

    /// As templates see it.
    pub(super) fn value(&self, name: &str) -> Option<Value> {
        self.dated.get(name).cloned().or_else(|| self.texts.get(name).map(from_json))
    }
}

fn holds_dates(yaml: &Yaml) -> bool {
    match &yaml.kind {
        Kind::Date(_) => true,
        Kind::Sequence(items) => items.iter().any(holds_dates),
        Kind::Mapping(mapping) => mapping.into_iter().any(|entry| holds_dates(&entry.value)),
        _ => false,
    }
}

fn value(yaml: &Yaml) -> Value {
    match &yaml.kind {
        Kind::Date(text) => date(text).unwrap_or_else(|| Value::from(text.as_str())),
        Kind::Sequence(items) => list(items.iter().map(value).collect()),
        Kind::Mapping(mapping) => {
            dict(mapping.into_iter().map(|entry| (Value::from(entry.key.as_str()), value(&entry.value))))
        }
        _ => from_json(&yaml.to_json()),
    }
}

/// `2026-01-31`, `2026-01-31T10:00:00.5`, `2026-01-31T10:00:00+02:00`.
fn date(text: &str) -> Option<Value> {
    let Some((_, clock)) = text.split_once('T') else { return text.parse().ok().map(datetime::date) };
    let Some(zone) = clock.find(['+', '-']) else { return text.parse().ok().map(datetime::naive) };
    let (local, offset) = text.split_at(text.len() - clock.len() + zone);
    let (hours, minutes) = offset[1..].split_once(':')?;
    let seconds = hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60;
    let offset =
        jiff::tz::Offset::from_seconds(if offset.starts_with('-') { -seconds } else { seconds }).ok()?;
    Some(datetime::with_offset(local.parse().ok()?, offset))
}
