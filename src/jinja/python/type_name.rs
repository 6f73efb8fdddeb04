//! Python's names of types.

use minijinja::Value;
use minijinja::value::{DynObject, ValueKind};

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
        ValueKind::Iterable
            if value.as_object().is_some_and(|object| is_ours(object) && object_name(object) == "Set") =>
        {
            "set"
        }
        ValueKind::Seq
            if value.as_object().is_some_and(|object| is_ours(object) && object_name(object) == "Range") =>
        {
            "range"
        }
        ValueKind::Iterable => super::view::kind_of(value).unwrap_or("list"),
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
        "List" => "list".into(),
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
