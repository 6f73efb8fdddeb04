//! Methods that are read and not called, as in `value.normalize is defined` and `{% set add = list.append %}`.

use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error, State};

use super::type_name;

const METHODS: &[(&str, &[&str])] = &[
    (
        "str",
        &[
            "capitalize",
            "casefold",
            "center",
            "count",
            "encode",
            "endswith",
            "expandtabs",
            "find",
            "format",
            "format_map",
            "index",
            "isalnum",
            "isalpha",
            "isascii",
            "isdecimal",
            "isdigit",
            "isidentifier",
            "islower",
            "isnumeric",
            "isprintable",
            "isspace",
            "istitle",
            "isupper",
            "join",
            "ljust",
            "lower",
            "lstrip",
            "maketrans",
            "partition",
            "removeprefix",
            "removesuffix",
            "replace",
            "rfind",
            "rindex",
            "rjust",
            "rpartition",
            "rsplit",
            "rstrip",
            "split",
            "splitlines",
            "startswith",
            "strip",
            "swapcase",
            "title",
            "translate",
            "upper",
            "zfill",
        ],
    ),
    (
        "list",
        &[
            "append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse",
            "sort",
        ],
    ),
    ("dict", &["clear", "copy", "get", "items", "keys", "pop", "popitem", "setdefault", "update", "values"]),
    ("tuple", &["count", "index"]),
    ("int", &["as_integer_ratio", "bit_count", "bit_length", "conjugate"]),
    ("float", &["as_integer_ratio", "conjugate", "hex", "is_integer"]),
    (
        "Decimal",
        &["as_tuple", "is_infinite", "is_nan", "is_signed", "is_zero", "normalize", "to_integral_value"],
    ),
    (
        "date",
        &["ctime", "isocalendar", "isoformat", "isoweekday", "replace", "strftime", "toordinal", "weekday"],
    ),
    (
        "datetime",
        &[
            "astimezone",
            "ctime",
            "date",
            "dst",
            "isocalendar",
            "isoformat",
            "isoweekday",
            "replace",
            "strftime",
            "time",
            "timestamp",
            "timetz",
            "toordinal",
            "tzname",
            "utcoffset",
            "weekday",
        ],
    ),
    ("time", &["isoformat", "replace", "strftime"]),
    ("timedelta", &["total_seconds"]),
];

/// Whether any type has such a method; other attributes need no second look.
pub(crate) fn is_method_name(name: &str) -> bool {
    METHODS.iter().any(|(_, methods)| methods.contains(&name))
}

/// The method of a value, to be called later.
pub(crate) fn bound_method(receiver: &Value, name: &str) -> Option<Value> {
    let kind = type_name(receiver);
    let (_, methods) = METHODS.iter().find(|(known, _)| *known == kind)?;
    let name = methods.iter().find(|known| **known == name)?;
    Some(Value::from_object(BoundMethod { receiver: receiver.clone(), kind, name }))
}

struct BoundMethod {
    receiver: Value,
    kind: String,
    name: &'static str,
}

impl std::fmt::Debug for BoundMethod {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<built-in method {} of {} object>", self.name, self.kind)
    }
}

impl Object for BoundMethod {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        self.receiver.call_method(state, self.name, args)
    }
}
