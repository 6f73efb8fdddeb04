//! Plain data to template values and back, and Python's `json.dumps`.

use std::fmt::Write as _;

use minijinja::value::{DynObject, Value, ValueKind};
use minijinja::{Error, ErrorKind};
use serde_json::Value as Json;

use super::datetime;
use super::integer::as_int;
use super::number::float_repr;
use super::{Decimal, Range, dict, list, repr, to_str, type_error, type_name};

/// Deeper values can only be circular.
const DEPTH_LIMIT: usize = 200;

/// Plain data as template values; lists and dicts come out mutable.
pub(crate) fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::from(()),
        Json::Bool(truth) => Value::from(*truth),
        Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(int), ..) => Value::from(int),
            (_, Some(int), _) => Value::from(int),
            (.., float) => Value::from(float.unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => list(items.iter().map(from_json).collect()),
        Json::Object(pairs) => {
            dict(pairs.iter().map(|(key, value)| (Value::from(key.as_str()), from_json(value))))
        }
    }
}

/// A template value as plain data; dates become ISO texts, what else has no JSON form its text.
pub(crate) fn to_json(value: &Value) -> Json {
    to_json_at(value, 0)
}

fn to_json_at(value: &Value, depth: usize) -> Json {
    if depth > DEPTH_LIMIT {
        return Json::Null;
    }
    match value.kind() {
        ValueKind::None | ValueKind::Undefined => Json::Null,
        ValueKind::Bool => Json::Bool(value.is_true()),
        ValueKind::Number => number_to_json(value),
        ValueKind::String => Json::String(value.as_str().unwrap_or_default().to_owned()),
        ValueKind::Map if is_plain_map(value) => Json::Object(
            pairs(value).map(|(key, item)| (to_str(&key), to_json_at(&item, depth + 1))).collect(),
        ),
        ValueKind::Seq | ValueKind::Iterable => Json::Array(
            value.try_iter().into_iter().flatten().map(|item| to_json_at(&item, depth + 1)).collect(),
        ),
        _ => match value.downcast_object_ref::<Decimal>() {
            Some(decimal) => Json::from(decimal.to_f64()),
            None => Json::String(datetime::iso_text(value).unwrap_or_else(|| to_str(value))),
        },
    }
}

fn number_to_json(value: &Value) -> Json {
    let whole = as_int(value).and_then(|int| {
        i64::try_from(int).map(Json::from).ok().or_else(|| u64::try_from(int).map(Json::from).ok())
    });
    whole.unwrap_or_else(|| f64::try_from(value.clone()).map_or(Json::Null, Json::from))
}

/// Relations and the like look like mappings but are one thing to JSON.
fn is_plain_map(value: &Value) -> bool {
    type_name(value) == "dict"
}

fn pairs(value: &Value) -> impl Iterator<Item = (Value, Value)> + use<> {
    let pairs: Vec<_> = match value.as_object().and_then(DynObject::try_iter_pairs) {
        Some(pairs) => pairs.collect(),
        None => Vec::new(),
    };
    pairs.into_iter()
}

/// `json.dumps(value, sort_keys=..)`: `, ` and `: ` between items, all but ASCII escaped.
pub(crate) fn json_dumps(value: &Value, sort_keys: bool) -> Result<String, Error> {
    json_dumps_indented(value, sort_keys, None)
}

/// The same with each item on a line of its own.
pub(crate) fn json_dumps_indented(
    value: &Value,
    sort_keys: bool,
    indent: Option<usize>,
) -> Result<String, Error> {
    let mut dumper = Dumper { out: String::new(), sort_keys, indent, depth: 0 };
    dumper.dump(value)?;
    Ok(dumper.out)
}

struct Dumper {
    out: String,
    sort_keys: bool,
    indent: Option<usize>,
    depth: usize,
}

impl Dumper {
    fn dump(&mut self, value: &Value) -> Result<(), Error> {
        match value.kind() {
            ValueKind::None => self.out.push_str("null"),
            ValueKind::Bool => self.out.push_str(if value.is_true() { "true" } else { "false" }),
            ValueKind::Number => dump_number(&mut self.out, value),
            ValueKind::String => dump_str(&mut self.out, value.as_str().unwrap_or_default()),
            ValueKind::Seq if value.downcast_object_ref::<Range>().is_none() => self.sequence(value)?,
            // A native iterable is what minijinja's filters make of a list.
            ValueKind::Iterable if type_name(value) == "list" => {
                let items: Value = value.try_iter()?.collect();
                self.sequence(&items)?;
            }
            ValueKind::Map if is_plain_map(value) => self.mapping(value)?,
            _ if value.downcast_object_ref::<Decimal>().is_some() => self.out.push_str(&to_str(value)),
            _ => {
                return Err(type_error(format!(
                    "Object of type {} is not JSON serializable",
                    type_name(value)
                )));
            }
        }
        Ok(())
    }

    fn sequence(&mut self, value: &Value) -> Result<(), Error> {
        let items: Vec<Value> = value.try_iter()?.collect();
        self.container(['[', ']'], &items, Self::dump)
    }

    fn mapping(&mut self, value: &Value) -> Result<(), Error> {
        let mut entries: Vec<(String, Value)> =
            pairs(value).map(|(key, item)| Ok((key_text(&key)?, item))).collect::<Result<_, Error>>()?;
        if self.sort_keys {
            entries.sort_by(|(left, _), (right, _)| left.cmp(right));
        }
        self.container(['{', '}'], &entries, |dumper, (key, item)| {
            dump_str(&mut dumper.out, key);
            dumper.out.push_str(": ");
            dumper.dump(item)
        })
    }

    fn container<T>(
        &mut self,
        [open, close]: [char; 2],
        items: &[T],
        write: impl Fn(&mut Self, &T) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > DEPTH_LIMIT {
            return Err(Error::new(ErrorKind::BadSerialization, "circular reference detected"));
        }
        self.out.push(open);
        for (index, item) in items.iter().enumerate() {
            match self.indent {
                Some(_) if index > 0 => self.out.push(','),
                None if index > 0 => self.out.push_str(", "),
                _ => {}
            }
            self.break_line();
            write(self, item)?;
        }
        self.depth -= 1;
        if !items.is_empty() {
            self.break_line();
        }
        self.out.push(close);
        Ok(())
    }

    fn break_line(&mut self) {
        if let Some(indent) = self.indent {
            self.out.push('\n');
            self.out.push_str(&" ".repeat(indent * self.depth));
        }
    }
}

fn key_text(key: &Value) -> Result<String, Error> {
    match key.kind() {
        ValueKind::String => Ok(key.as_str().unwrap_or_default().to_owned()),
        ValueKind::None => Ok("null".into()),
        ValueKind::Bool => Ok(if key.is_true() { "true" } else { "false" }.into()),
        ValueKind::Number => Ok(repr(key)),
        _ => Err(type_error(format!("keys must be str, int, float, bool or None, not {}", type_name(key)))),
    }
}

fn dump_number(out: &mut String, value: &Value) {
    if value.is_integer() {
        let _ = write!(out, "{value}");
        return;
    }
    let float = f64::try_from(value.clone()).unwrap_or(f64::NAN);
    match float_repr(float).as_str() {
        "nan" => out.push_str("NaN"),
        "inf" => out.push_str("Infinity"),
        "-inf" => out.push_str("-Infinity"),
        text => out.push_str(text),
    }
}

fn dump_str(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}
