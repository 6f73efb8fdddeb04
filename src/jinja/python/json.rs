//! Plain data to template values and back, and Python's `json.dumps`.

use std::fmt::Write as _;

use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind};
use serde_json::Value as Json;

use super::number::{as_int, float_repr};
use super::{Decimal, dict, list, repr, to_str, type_error, type_name};

/// Plain data as template values; lists and dicts come out mutable.
pub fn from_json(json: &Json) -> Value {
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

/// A template value as plain data; what has no JSON form becomes its text.
pub fn to_json(value: &Value) -> Json {
    match value.kind() {
        ValueKind::None | ValueKind::Undefined => Json::Null,
        ValueKind::Bool => Json::Bool(value.is_true()),
        ValueKind::Number => number_to_json(value),
        ValueKind::String => Json::String(value.as_str().unwrap_or_default().to_owned()),
        ValueKind::Map if is_plain_map(value) => {
            Json::Object(pairs(value).map(|(key, item)| (to_str(&key), to_json(&item))).collect())
        }
        ValueKind::Seq | ValueKind::Iterable => {
            Json::Array(value.try_iter().into_iter().flatten().map(|item| to_json(&item)).collect())
        }
        _ => Json::String(to_str(value)),
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
    let pairs: Vec<_> = match value.as_object().and_then(|object| object.try_iter_pairs()) {
        Some(pairs) => pairs.collect(),
        None => Vec::new(),
    };
    pairs.into_iter()
}

/// `json.dumps(value, sort_keys=..)`: `, ` and `: ` between items, all but ASCII escaped.
pub fn json_dumps(value: &Value, sort_keys: bool) -> Result<String, Error> {
    let mut out = String::new();
    dump(&mut out, value, sort_keys, 0)?;
    Ok(out)
}

fn dump(out: &mut String, value: &Value, sort_keys: bool, depth: usize) -> Result<(), Error> {
    if depth > 200 {
        return Err(Error::new(ErrorKind::BadSerialization, "circular reference detected"));
    }
    match value.kind() {
        ValueKind::None => out.push_str("null"),
        ValueKind::Bool => out.push_str(if value.is_true() { "true" } else { "false" }),
        ValueKind::Number => dump_number(out, value),
        ValueKind::String => dump_str(out, value.as_str().unwrap_or_default()),
        ValueKind::Seq => {
            out.push('[');
            for (index, item) in value.try_iter()?.enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                dump(out, &item, sort_keys, depth + 1)?;
            }
            out.push(']');
        }
        // A native iterable is what minijinja's filters make of a list.
        ValueKind::Iterable if type_name(value) == "list" => {
            let items: Value = value.try_iter()?.collect();
            dump(out, &items, sort_keys, depth)?;
        }
        ValueKind::Map if is_plain_map(value) => {
            let mut entries: Vec<(String, Value)> =
                pairs(value).map(|(key, item)| Ok((key_text(&key)?, item))).collect::<Result<_, Error>>()?;
            if sort_keys {
                entries.sort_by(|(left, _), (right, _)| left.cmp(right));
            }
            out.push('{');
            for (index, (key, item)) in entries.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                dump_str(out, key);
                out.push_str(": ");
                dump(out, item, sort_keys, depth + 1)?;
            }
            out.push('}');
        }
        _ if value.downcast_object_ref::<Decimal>().is_some() => out.push_str(&to_str(value)),
        _ => {
            return Err(type_error(format!("Object of type {} is not JSON serializable", type_name(value))));
        }
    }
    Ok(())
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
