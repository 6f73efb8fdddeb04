//! Python's names of types.

use minijinja::Value;
use minijinja::value::{DynObject, ValueKind};

/// What can be iterated and is not a list.
const OWN_ITERABLES: [&str; 4] = ["Set", "DictKeys", "DictValues", "DictItems"];

/// Python's name of a value's type, for messages.
pub(crate) fn type_name(value: &Value) -> String {
    let name = match value.kind() {
        ValueKind::Undefined => "Undefined",
        ValueKind::None => "NoneType",
        ValueKind::Bool => "bool",
        ValueKind::Number if value.is_integer() => "int",
        ValueKind::Number => "float",
        ValueKind::String if value.is_safe() => "Markup",
        ValueKind::String => "str",
        ValueKind::Bytes => "bytes",
        ValueKind::Seq if value.is_tuple() => "tuple",
        ValueKind::Iterable => match value.as_object() {
            Some(object) if is_ours(object) && OWN_ITERABLES.contains(&object_name(object)) => {
                object_name(object)
            }
            _ => "list",
        },
        ValueKind::Seq
            if value.as_object().is_some_and(|object| is_ours(object) && object_name(object) == "Range") =>
        {
            "range"
        }
        ValueKind::Seq => "list",
        ValueKind::Map => match value.as_object() {
            Some(object) if is_ours(object) => object_name(object),
            Some(object) if is_namespace(object) => "Namespace",
            Some(object) if object.type_name().ends_with("::Loop") => "LoopContext",
            _ => "dict",
        },
        _ => value.as_object().map_or("object", object_name),
    };
    match name {
        "LargeInteger" => "int".into(),
        "List" => "list".into(),
        "Set" => "set".into(),
        "DictKeys" => "dict_keys".into(),
        "DictValues" => "dict_values".into(),
        "DictItems" => "dict_items".into(),
        "Dict" => "dict".into(),
        "Moment" => "datetime".into(),
        "Date" => "date".into(),
        "Time" => "time".into(),
        "Delta" => "timedelta".into(),
        "Timezone" => "tzinfo".into(),
        name => name.into(),
    }
}

/// Objects of this crate print themselves: `Debug` is their `repr()`, `render` their `str()`.
pub(super) fn is_ours(object: &DynObject) -> bool {
    object.type_name().starts_with(concat!(env!("CARGO_CRATE_NAME"), "::"))
}

/// What `namespace()` makes.
pub(super) fn is_namespace(object: &DynObject) -> bool {
    object.type_name().ends_with("::Namespace") && !is_ours(object)
}

pub(super) fn object_name(object: &DynObject) -> &'static str {
    object.type_name().rsplit("::").next().unwrap_or("object")
}
