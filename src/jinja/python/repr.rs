//! Python's `str()` and `repr()` of every value; generic-test ids hash the latter.

use std::fmt::Write as _;

use minijinja::Value;
use minijinja::value::{DynObject, ObjectRepr, Tuple, ValueKind};

use super::type_name::{is_namespace, is_ours};
use super::{Dict, List, float_repr};

/// Beyond this nesting a container prints as `...`, as one that holds itself does in Python.
const DEPTH_LIMIT: usize = 100;

/// The text of a value in a template: strings bare, all else as Python's `str()`.
pub(crate) fn to_str(value: &Value) -> String {
    match value.kind() {
        ValueKind::String => value.as_str().unwrap_or_default().to_owned(),
        ValueKind::Undefined => String::new(),
        _ => match value.as_object() {
            Some(object) if is_ours(object) => value.to_string(),
            _ => repr(value),
        },
    }
}

/// Python's `repr()` of a value.
pub(crate) fn repr(value: &Value) -> String {
    let mut text = String::new();
    write_repr(&mut text, value, 0);
    text
}

pub(super) fn write_repr(out: &mut String, value: &Value, depth: usize) {
    match value.kind() {
        ValueKind::None => out.push_str("None"),
        ValueKind::Undefined => out.push_str("Undefined"),
        ValueKind::Bool => out.push_str(if value.is_true() { "True" } else { "False" }),
        ValueKind::Number if value.is_integer() => {
            let _ = write!(out, "{value}");
        }
        ValueKind::Number => {
            out.push_str(&float_repr(f64::try_from(value.clone()).unwrap_or(f64::NAN)));
        }
        ValueKind::String if value.is_safe() => {
            out.push_str("Markup(");
            write_str_repr(out, value.as_str().unwrap_or_default());
            out.push(')');
        }
        ValueKind::String => write_str_repr(out, value.as_str().unwrap_or_default()),
        ValueKind::Bytes => write_bytes(out, value.as_bytes().unwrap_or_default()),
        _ => match value.as_object() {
            Some(object) => write_object(out, value, object, depth),
            None => {
                let _ = write!(out, "{value:?}");
            }
        },
    }
}

fn write_object(out: &mut String, value: &Value, object: &DynObject, depth: usize) {
    if depth > DEPTH_LIMIT {
        return out.push_str("...");
    }
    if let Some(list) = value.downcast_object_ref::<List>() {
        return write_items(out, ['[', ']'], &list.snapshot(), depth);
    }
    if let Some(dict) = value.downcast_object_ref::<Dict>() {
        return write_pairs(out, dict.snapshot(), depth);
    }
    if let Some(tuple) = value.downcast_object_ref::<Tuple>() {
        return write_tuple(out, tuple, depth);
    }
    if is_ours(object) {
        let _ = write!(out, "{object:?}");
        return;
    }
    if is_namespace(object) {
        out.push_str("<Namespace ");
        write_pairs(out, object.try_iter_pairs().into_iter().flatten(), depth);
        return out.push('>');
    }
    match object.repr() {
        ObjectRepr::Map => {
            write_pairs(out, object.try_iter_pairs().into_iter().flatten(), depth);
        }
        ObjectRepr::Seq | ObjectRepr::Iterable => {
            let items: Vec<Value> = object.try_iter().into_iter().flatten().collect();
            write_items(out, ['[', ']'], &items, depth);
        }
        _ => {
            let _ = write!(out, "{value}");
        }
    }
}

/// `b'..'`
fn write_bytes(out: &mut String, bytes: &[u8]) {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    out.push('b');
    out.push(quote);
    for byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ if char::from(*byte) == quote => {
                out.push('\\');
                out.push(quote);
            }
            b' '..=b'~' => out.push(char::from(*byte)),
            _ => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
    }
    out.push(quote);
}

/// Python's `ascii()`.
pub(super) fn ascii(value: &Value) -> String {
    let mut text = String::new();
    for letter in repr(value).chars() {
        let code = u32::from(letter);
        let _ = match code {
            0..0x80 => write!(text, "{letter}"),
            0x80..0x100 => write!(text, "\\x{code:02x}"),
            0x100..0x1_0000 => write!(text, "\\u{code:04x}"),
            _ => write!(text, "\\U{code:08x}"),
        };
    }
    text
}

fn write_items(out: &mut String, [open, close]: [char; 2], items: &[Value], depth: usize) {
    out.push(open);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write_repr(out, item, depth + 1);
    }
    out.push(close);
}

fn write_tuple(out: &mut String, items: &[Value], depth: usize) {
    write_items(out, ['(', ')'], items, depth);
    if items.len() == 1 {
        out.insert(out.len() - 1, ',');
    }
}

fn write_pairs(out: &mut String, pairs: impl IntoIterator<Item = (Value, Value)>, depth: usize) {
    out.push('{');
    for (index, (key, value)) in pairs.into_iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write_repr(out, &key, depth + 1);
        out.push_str(": ");
        write_repr(out, &value, depth + 1);
    }
    out.push('}');
}

/// Python's `repr()` of plain data, without a detour over template values.
pub(crate) fn json_repr(value: &serde_json::Value) -> String {
    let mut text = String::new();
    write_json_repr(&mut text, value);
    text
}

fn write_json_repr(out: &mut String, value: &serde_json::Value) {
    use serde_json::Value as Json;
    match value {
        Json::Null => out.push_str("None"),
        Json::Bool(true) => out.push_str("True"),
        Json::Bool(false) => out.push_str("False"),
        Json::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => out.push_str(&float_repr(float)),
            _ => {
                let _ = write!(out, "{number}");
            }
        },
        Json::String(text) => write_str_repr(out, text),
        Json::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_json_repr(out, item);
            }
            out.push(']');
        }
        Json::Object(pairs) => {
            out.push('{');
            for (index, (key, item)) in pairs.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_str_repr(out, key);
                out.push_str(": ");
                write_json_repr(out, item);
            }
            out.push('}');
        }
    }
}

/// Python's `repr()` of a string.
pub(crate) fn write_str_repr(out: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if character == quote => {
                out.push('\\');
                out.push(quote);
            }
            ' '..='~' => out.push(character),
            _ if is_printable(character) => out.push(character),
            _ => {
                let _ = match u32::from(character) {
                    code @ 0..=0xff => write!(out, "\\x{code:02x}"),
                    code @ 0x100..=0xffff => write!(out, "\\u{code:04x}"),
                    code => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push(quote);
}

/// Rust's escaping of debug strings knows the same categories as Python's `str.isprintable`; a letter
/// before the character keeps combining marks from counting as unprintable.
pub(super) fn is_printable(character: char) -> bool {
    let mut pair = [0; 5];
    pair[0] = b'a';
    let length = character.encode_utf8(&mut pair[1..]).len();
    let text = std::str::from_utf8(&pair[..=length]).unwrap_or_default();
    matches!(character, '\'' | '"' | '\\') || text.escape_debug().nth(1) == Some(character)
}
