//! `fromjson`, `tojson`, `fromyaml`, `toyaml`, `local_md5`.

use std::fmt::Write as _;

use md5::{Digest, Md5};
use minijinja::value::ValueKind;
use minijinja::{Error, State, Value};

use crate::config::yaml;
use crate::jinja::python::{bind_required, expect_str, from_json, json_dumps, to_json, to_str, type_name};

fn or_none(value: Value) -> Value {
    if value.is_undefined() { Value::from(()) } else { value }
}

pub(super) fn from_json_text(_: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [text, default] = bind_required("fromjson", args, ["string", "default"], 1)?;
    let text = expect_str("fromjson", &text)?;
    Ok(serde_json::from_str(text).map_or_else(|_| or_none(default), |json| from_json(&json)))
}

pub(super) fn to_json_text(_: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [value, _, sort_keys] = bind_required("tojson", args, ["value", "default", "sort_keys"], 1)?;
    json_dumps(&value, sort_keys.is_true()).map(Value::from)
}

pub(super) fn from_yaml_text(_: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [text, default] = bind_required("fromyaml", args, ["value", "default"], 1)?;
    let text = expect_str("fromyaml", &text)?;
    Ok(yaml::load_text("fromyaml", text).map_or_else(|_| or_none(default), |yaml| from_json(&yaml.to_json())))
}

pub(super) fn to_yaml_text(_: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [value, default, sort_keys] = bind_required("toyaml", args, ["value", "default", "sort_keys"], 1)?;
    if !is_data(&value) {
        return Ok(or_none(default));
    }
    let mut json = to_json(&value);
    if sort_keys.is_true() {
        json.sort_all_objects();
    }
    let mut text = yaml::to_yaml_text(&json);
    // PyYAML ends a bare scalar with the mark of the document's end.
    if !json.is_array() && !json.is_object() && !text.starts_with(['\'', '"']) {
        text.push_str("...\n");
    }
    Ok(Value::from(text))
}

/// YAML has no form for relations, macros, adapters and the like.
fn is_data(value: &Value) -> bool {
    match value.kind() {
        ValueKind::Plain => matches!(type_name(value).as_str(), "date" | "datetime"),
        ValueKind::Seq | ValueKind::Iterable => {
            value.try_iter().is_ok_and(|mut items| items.all(|item| is_data(&item)))
        }
        ValueKind::Map => value.try_iter().is_ok_and(|mut keys| {
            keys.all(|key| is_data(&key) && value.get_item(&key).is_ok_and(|item| is_data(&item)))
        }),
        _ => true,
    }
}

pub(super) fn local_md5(_: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [text] = bind_required("local_md5", args, ["value"], 1)?;
    let digest = Md5::digest(to_str(&text).as_bytes());
    let mut text = String::with_capacity(32);
    for byte in digest {
        let _ = write!(text, "{byte:02x}");
    }
    Ok(Value::from(text))
}
