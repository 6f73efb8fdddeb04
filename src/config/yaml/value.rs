//! A YAML value and its place.

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, Result, SourceText, Span};

use super::float::python_float;

/// A YAML value and its place.
#[derive(Debug, Clone)]
pub(crate) struct Yaml {
    pub kind: Kind,
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) source: Arc<SourceText>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    String(String),
    /// A date or a time stamp in ISO form, as Python prints it.
    Date(String),
    Sequence(Vec<Yaml>),
    Mapping(Mapping),
}

/// Entries in file order, with unique keys.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Mapping {
    pub(super) entries: Vec<Entry>,
}

/// What [`Yaml::map_strings`] calls with a text, its path and its place; `None` leaves the text.
pub(crate) type RenderText<'f> = dyn FnMut(&str, &[String], Span) -> Result<Option<Json>> + 'f;

/// One `key: value`; keys that are not strings are spelled as JSON spells them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub key: String,
    pub key_start: u32,
    pub value: Yaml,
}

impl PartialEq for Yaml {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl Yaml {
    pub(crate) fn new(kind: Kind, span: &Span) -> Self {
        Self::at(kind, span.range.clone(), &span.source)
    }

    pub(super) fn at(kind: Kind, range: Range<usize>, source: &Arc<SourceText>) -> Self {
        Self { kind, start: offset(range.start), end: offset(range.end), source: Arc::clone(source) }
    }

    /// A JSON value at a place in a file: the result of rendering a text that stood there.
    pub(crate) fn from_json(value: Json, span: &Span) -> Self {
        let kind = match value {
            Json::Null => Kind::Null,
            Json::Bool(value) => Kind::Bool(value),
            Json::Number(number) => match number.as_i64() {
                Some(value) => Kind::Integer(value),
                None => Kind::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Kind::String(text),
            Json::Array(items) => {
                Kind::Sequence(items.into_iter().map(|item| Self::from_json(item, span)).collect())
            }
            Json::Object(object) => {
                let mut mapping = Mapping::default();
                for (key, value) in object {
                    mapping.push(key, offset(span.range.start), Self::from_json(value, span));
                }
                Kind::Mapping(mapping)
            }
        };
        Self::new(kind, span)
    }

    pub(crate) fn to_json(&self) -> Json {
        match &self.kind {
            Kind::Null => Json::Null,
            Kind::Bool(value) => Json::Bool(*value),
            Kind::Integer(value) => Json::from(*value),
            Kind::Float(value) => Json::from(*value),
            Kind::String(text) | Kind::Date(text) => Json::String(text.clone()),
            Kind::Sequence(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Kind::Mapping(mapping) => Json::Object(mapping.to_json()),
        }
    }

    pub(crate) fn source(&self) -> &Arc<SourceText> {
        &self.source
    }

    /// The bytes of the value, without trailing space and comments.
    pub(crate) fn span(&self) -> Span {
        let text = &self.source.text;
        let (start, end) = (self.start as usize, (self.end as usize).min(text.len()));
        let raw = text.get(start..end.max(start)).unwrap_or_default();
        Span::new(&self.source, start..start + token_length(raw, &self.kind))
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Yaml> {
        self.as_mapping().and_then(|mapping| mapping.get(key))
    }

    /// Follows a path of keys.
    pub(crate) fn path(&self, keys: &[&str]) -> Option<&Yaml> {
        keys.iter().try_fold(self, |value, key| value.get(key))
    }

    pub(crate) fn is_null(&self) -> bool {
        self.kind == Kind::Null
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self.kind {
            Kind::Bool(value) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn as_i64(&self) -> Option<i64> {
        match self.kind {
            Kind::Integer(value) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn as_sequence(&self) -> Option<&[Yaml]> {
        match &self.kind {
            Kind::Sequence(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn as_mapping(&self) -> Option<&Mapping> {
        match &self.kind {
            Kind::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    pub(crate) fn as_mapping_mut(&mut self) -> Option<&mut Mapping> {
        match &mut self.kind {
            Kind::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// A scalar as Python's `str()` prints it; `None` for null and collections.
    pub(crate) fn scalar_text(&self) -> Option<String> {
        match &self.kind {
            Kind::Bool(true) => Some("True".to_owned()),
            Kind::Bool(false) => Some("False".to_owned()),
            Kind::Integer(value) => Some(value.to_string()),
            Kind::Float(value) => Some(python_float(*value)),
            Kind::String(text) | Kind::Date(text) => Some(text.clone()),
            Kind::Null | Kind::Sequence(_) | Kind::Mapping(_) => None,
        }
    }

    /// A string, or the items of a list of strings.
    pub(crate) fn string_or_list(&self) -> Option<Vec<String>> {
        match &self.kind {
            Kind::Sequence(items) => items.iter().map(Self::scalar_text).collect(),
            _ => self.scalar_text().map(|text| vec![text]),
        }
    }

    /// What the value is, in the words of a message.
    pub(crate) fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "a boolean",
            Kind::Integer(_) => "an integer",
            Kind::Float(_) => "a number",
            Kind::String(_) => "a string",
            Kind::Date(_) => "a date",
            Kind::Sequence(_) => "a list",
            Kind::Mapping(_) => "a mapping",
        }
    }

    /// The error for a value of the wrong type: `owner` as in "`columns` of model `orders`".
    pub(crate) fn wrong_type(&self, owner: &str, expected: &str) -> Box<Diagnostic> {
        Diagnostic::parsing("wrong-type", format!("{owner} must be {expected}, but is {}", self.kind_name()))
            .label(self.span(), format!("expected {expected}"))
            .help(match expected {
                "a list" => "write `[one, two]`, or a line with `- ` for each".to_owned(),
                "a mapping" => "write `key: value`, one on each line below it".to_owned(),
                "a string" => "write a text, in quotes if it looks like a number or a mapping".to_owned(),
                other => format!("write {other}"),
            })
            .boxed()
    }

    pub(crate) fn expect_str(&self, owner: &str) -> Result<&str> {
        self.as_str().ok_or_else(|| self.wrong_type(owner, "a string"))
    }

    pub(crate) fn expect_bool(&self, owner: &str) -> Result<bool> {
        self.as_bool().ok_or_else(|| self.wrong_type(owner, "true or false"))
    }

    pub(crate) fn expect_mapping(&self, owner: &str) -> Result<&Mapping> {
        self.as_mapping().ok_or_else(|| self.wrong_type(owner, "a mapping"))
    }

    pub(crate) fn expect_sequence(&self, owner: &str) -> Result<&[Yaml]> {
        self.as_sequence().ok_or_else(|| self.wrong_type(owner, "a list"))
    }

    /// The value with strings replaced by `f(text, path of keys and list positions, span)`; spans stay.
    pub(crate) fn map_strings(&self, path: &mut Vec<String>, f: &mut RenderText<'_>) -> Result<Yaml> {
        let kind = match &self.kind {
            Kind::String(text) => {
                return Ok(match f(text, path, self.span())? {
                    Some(value) => Self::from_json(value, &self.span()),
                    None => self.clone(),
                });
            }
            Kind::Sequence(items) => {
                let mut rendered = Vec::with_capacity(items.len());
                for (at, item) in items.iter().enumerate() {
                    path.push(at.to_string());
                    rendered.push(item.map_strings(path, f)?);
                    path.pop();
                }
                Kind::Sequence(rendered)
            }
            Kind::Mapping(mapping) => {
                let mut rendered = Mapping::default();
                for entry in mapping {
                    path.push(entry.key.clone());
                    let value = entry.value.map_strings(path, f)?;
                    path.pop();
                    rendered.push(entry.key.clone(), entry.key_start, value);
                }
                Kind::Mapping(rendered)
            }
            other => other.clone(),
        };
        Ok(Self { kind, start: self.start, end: self.end, source: Arc::clone(&self.source) })
    }
}

impl Mapping {
    pub(crate) fn get(&self, key: &str) -> Option<&Yaml> {
        self.entry(key).map(|entry| &entry.value)
    }

    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    pub(crate) fn contains_key(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Entry> {
        self.entries.iter()
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.key.as_str())
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn to_json(&self) -> serde_json::Map<String, Json> {
        self.entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect()
    }

    /// Appends without a look for an equal key.
    pub(crate) fn push(&mut self, key: String, key_start: u32, value: Yaml) {
        self.entries.push(Entry { key, key_start, value });
    }

    /// Sets a key; an existing one keeps its place.
    pub(crate) fn insert(&mut self, key: String, key_start: u32, value: Yaml) {
        match self.entries.iter_mut().find(|entry| entry.key == key) {
            Some(entry) => entry.value = value,
            None => self.push(key, key_start, value),
        }
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<Yaml> {
        let at = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.remove(at).value)
    }
}

impl<'a> IntoIterator for &'a Mapping {
    type Item = &'a Entry;
    type IntoIter = std::slice::Iter<'a, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Entry {
    /// The bytes of the key.
    pub(crate) fn key_span(&self) -> Span {
        let source = self.value.source();
        let start = self.key_start as usize;
        let rest = source.text.get(start..).unwrap_or_default();
        let quoted = usize::from(rest.starts_with(['"', '\'']));
        let length = if rest[quoted..].starts_with(&self.key) { self.key.len() + 2 * quoted } else { 1 };
        Span::new(source, start..(start + length).min(source.text.len()))
    }
}

pub(super) fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// The bytes of `raw` that belong to the value; `raw` reaches to the next token.
pub(super) fn token_length(raw: &str, kind: &Kind) -> usize {
    let bytes = raw.as_bytes();
    match bytes.first() {
        Some(quote @ (b'"' | b'\'')) => {
            let mut at = 1;
            while at < bytes.len() {
                match bytes[at] {
                    b'\\' if *quote == b'"' => at += 1,
                    byte if byte == *quote => {
                        if *quote == b'\'' && bytes.get(at + 1) == Some(&b'\'') {
                            at += 1;
                        } else {
                            return at + 1;
                        }
                    }
                    _ => {}
                }
                at += 1;
            }
            raw.trim_end().len()
        }
        Some(b'|' | b'>' | b'[' | b'{') => raw.trim_end().len(),
        _ => match kind {
            Kind::Sequence(_) | Kind::Mapping(_) => raw.trim_end().len(),
            Kind::Null if !raw.starts_with(['~', 'n', 'N']) => 0,
            Kind::String(text) if raw.starts_with(text.as_str()) => text.len(),
            _ => {
                let line = raw.lines().next().unwrap_or_default();
                let line = line.split(" #").next().unwrap_or_default();
                line.trim_end_matches([' ', '\t', ',', ']', '}', '\r', ':']).len()
            }
        },
    }
}
