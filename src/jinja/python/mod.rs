//! Python's data model for templates: mutable lists and dicts, sets, decimals, methods, `repr`, `%`.
//!
//! The engine calls [`call_method`] from minijinja's unknown-method callback, [`operators`] for the
//! operators that minijinja cannot overload, and [`to_str`] when it prints a value.

mod arguments;
mod bound;
mod decimal;
mod decimal_arithmetic;
mod decimal_tuple;
mod dict;
mod errors;
mod format;
mod json;
mod list;
mod methods;
mod number;
pub(crate) mod operators;
mod percent;
mod repr;
mod set;
mod string;
#[cfg(test)]
mod tests;
mod view;

pub(crate) use arguments::{Arguments, bind, bind_required, expect_int, expect_str, given, no_arguments};
pub(crate) use bound::{bound_method, is_method_name};
pub(crate) use decimal::Decimal;
pub(crate) use dict::Dict;
pub(crate) use dict::pairs_of;
pub(crate) use errors::{raise, raised};
pub(crate) use errors::{type_error, unknown_method, value_error};
pub(crate) use json::json_dumps_indented;
pub(crate) use json::{from_json, json_dumps, to_json};
pub(crate) use list::List;
pub(crate) use list::items_of;
pub(crate) use methods::call_method;
pub(crate) use number::float_repr;
pub(crate) use number::{as_float, as_int, int_value, whole};
pub(crate) use percent::percent_format;
pub(crate) use repr::{json_repr, repr, to_str, type_name, write_str_repr};
pub(crate) use set::Set;

use minijinja::Value;

/// A new mutable list, for the engine's rewrite of `[a, b]`.
pub(crate) fn list(values: Vec<Value>) -> Value {
    Value::from_object(List::new(values))
}

/// A new mutable dict, for the engine's rewrite of `{k: v}`.
pub(crate) fn dict(pairs: impl IntoIterator<Item = (Value, Value)>) -> Value {
    Value::from_object(Dict::new(pairs))
}

pub(crate) fn tuple(values: Vec<Value>) -> Value {
    Value::from(minijinja::value::Tuple::new(values))
}
