//! `fromjson`, `tojson`, `fromyaml`, `toyaml`, `local_md5`.

use md5::{Digest, Md5};
use minijinja::{Error, State, Value};

use crate::config::yaml;
use crate::jinja::python::{bind_required, expect_str, from_json, json_dumps, pairs_of, to_json, type_name};

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
    if !is_representable(&value, 0) {
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

/// PyYAML's safe form knows plain data only.
fn is_representable(value: &Value, depth: usize) -> bool {
    if depth > 100 {
        return false;
    }
    let kind = type_name(value);
    match kind.as_str() {
        "NoneType" | "bool" | "int" | "float" | "str" | "bytes" | "date" | "datetime" => true,
        "list" | "tuple" | "set" => {
            value.try_iter().is_ok_and(|mut items| items.all(|item| is_representable(&item, depth + 1)))
        }
        "dict" => pairs_of(value).is_ok_and(|pairs| {
            pairs
                .iter()
                .all(|(key, item)| is_representable(key, depth + 1) && is_representable(item, depth + 1))
        }),
        _ => false,
    }
}

pub(super) fn local_md5(_: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [text] = bind_required("local_md5", args, ["value"], 1)?;
    Ok(Value::from(crate::hex::digits(Md5::digest(expect_str("local_md5", &text)?.as_bytes()))))
}
