//! Objects, one on each line.

use std::fmt;

use serde::Deserializer as _;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::record::Field;
use crate::hashed::HashMap;

/// Reads the declared keys of each object.
#[derive(Debug)]
pub(super) struct Objects {
    keys: Vec<String>,
    /// The texts of these keep their quotes.
    are_json: Vec<bool>,
    places: HashMap<String, usize>,
    found: Vec<Option<ValueSpan>>,
    unescaped: String,
}

#[derive(Debug, Clone, Copy)]
enum ValueSpan {
    /// A range of the line.
    Raw(usize, usize),
    Unescaped(usize, usize),
}

impl Objects {
    /// Each key with whether its value is JSON for the column, too.
    pub(super) fn new(keys: Vec<(String, bool)>) -> Self {
        let (keys, are_json): (Vec<String>, Vec<bool>) = keys.into_iter().unzip();
        let places = keys.iter().enumerate().map(|(at, key)| (key.clone(), at)).collect();
        Self { keys, are_json, places, found: Vec::new(), unescaped: String::new() }
    }

    /// An error says why the line is not an object.
    pub(super) fn read(&mut self, line: &str) -> Result<(), String> {
        self.found.clear();
        self.found.resize(self.keys.len(), None);
        self.unescaped.clear();
        let mut json = serde_json::Deserializer::from_str(line);
        let object = Object { line, keys: &self.keys, places: &self.places, found: &mut self.found };
        json.deserialize_map(object).and_then(|()| json.end()).map_err(|error| reason(&error))?;
        for (found, is_json) in self.found.iter_mut().zip(&self.are_json) {
            let Some(ValueSpan::Raw(start, end)) = *found else { continue };
            let raw = &line[start..end];
            if !is_json && raw.starts_with('"') && memchr::memchr(b'\\', raw.as_bytes()).is_some() {
                let text: String = serde_json::from_str(raw).map_err(|error| reason(&error))?;
                let start = self.unescaped.len();
                self.unescaped.push_str(&text);
                *found = Some(ValueSpan::Unescaped(start, self.unescaped.len()));
            }
        }
        Ok(())
    }

    /// The value of a key.
    pub(super) fn field<'a>(&'a self, line: &'a str, index: usize) -> Field<'a> {
        match self.found.get(index).copied().flatten() {
            None => Field::Null,
            Some(ValueSpan::Unescaped(start, end)) => Field::Text(&self.unescaped[start..end]),
            Some(ValueSpan::Raw(start, end)) => match &line[start..end] {
                "null" => Field::Null,
                text if text.starts_with('"') && !self.are_json[index] => {
                    Field::Text(&line[start + 1..end - 1])
                }
                json => Field::Json(json),
            },
        }
    }
}

/// Without serde's line, which is always the first.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or(&text);
    match error.column() {
        0 => format!("not a valid JSON object: {text}"),
        column => format!("not a valid JSON object: {text} (column {column})"),
    }
}

struct Object<'o> {
    line: &'o str,
    keys: &'o [String],
    places: &'o HashMap<String, usize>,
    found: &'o mut Vec<Option<ValueSpan>>,
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        // most lines have their keys in one order
        let mut next = 0;
        while let Some(known) = map.next_key_seed(Key { keys: self.keys, places: self.places, next })? {
            let Some(at) = known else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let raw = map.next_value::<&RawValue>()?.get();
            let start = (raw.as_ptr() as usize).checked_sub(self.line.as_ptr() as usize);
            let start = start.ok_or_else(|| A::Error::custom("the value is not in the line"))?;
            self.found[at] = Some(ValueSpan::Raw(start, start + raw.len()));
            next = at + 1;
        }
        Ok(())
    }
}

struct Key<'o> {
    keys: &'o [String],
    places: &'o HashMap<String, usize>,
    next: usize,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Option<usize>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        if self.keys.get(self.next).is_some_and(|expected| expected == key) {
            return Ok(Some(self.next));
        }
        Ok(self.places.get(key).copied())
    }
}
