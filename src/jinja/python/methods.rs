//! The methods of values that are no objects of this crate: texts, numbers, tuples, minijinja's own
//! maps and sequences.

use minijinja::value::{DynObject, Value, ValueKind};
use minijinja::{Error, ErrorKind, State};

use super::dict_methods::call_mapping_method;
use super::items::items_of;
use super::list_methods::search;
use super::number::call_number_method;
use super::string::call_str_method;
use super::{type_name, unknown_method};

/// For `Environment::set_unknown_method_callback`.
pub(crate) fn call_method(
    state: &mut State,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    let _ = state;
    match value.kind() {
        ValueKind::String => call_str_method(value.as_str().unwrap_or_default(), method, args),
        ValueKind::Number | ValueKind::Bool => call_number_method(value, method, args),
        ValueKind::Bytes if method == "decode" => {
            Ok(Value::from(String::from_utf8_lossy(value.as_bytes().unwrap_or_default()).into_owned()))
        }
        ValueKind::Map if type_name(value) == "LoopContext" => Err(unknown_method("LoopContext", method)),
        ValueKind::Map => call_mapping_method(
            || pairs(value),
            |key| value.as_object().and_then(|object| object.get_value(key)),
            method,
            args,
        ),
        ValueKind::Seq | ValueKind::Iterable => call_sequence_method(value, method, args),
        _ => Err(Error::from(ErrorKind::UnknownMethod)),
    }
}

fn pairs(value: &Value) -> Vec<(Value, Value)> {
    value.as_object().and_then(DynObject::try_iter_pairs).into_iter().flatten().collect()
}

fn call_sequence_method(value: &Value, method: &str, args: &[Value]) -> Result<Value, Error> {
    let kind = type_name(value);
    match method {
        "index" | "count" => {
            let items = items_of(value)?;
            search(&kind, &items, method, args).unwrap_or_else(|| Err(unknown_method(&kind, method)))
        }
        "copy" if kind == "list" => Ok(super::list(items_of(value)?)),
        _ => Err(unknown_method(&kind, method)),
    }
}
