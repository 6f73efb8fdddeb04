//! Python's data model for templates: mutable lists and dicts, sets, decimals, methods, `repr`, `%`.
//!
//! The engine calls [`call_method`] from minijinja's unknown-method callback, [`operators`] for the
//! operators that minijinja cannot overload, and [`to_str`] when it prints a value.

mod arguments;
mod bound;
pub(crate) mod collections;
mod compare;
pub(crate) mod datetime;
mod decimal;
mod decimal_arithmetic;
mod decimal_tuple;
mod dict;
mod dict_methods;
mod errors;
mod format;
pub(crate) mod function;
mod integer;
mod items;
pub(crate) mod itertools;
mod json;
mod large_integer;
mod list;
mod list_methods;
mod markup;
mod methods;
pub(crate) mod namespace;
mod number;
pub(crate) mod operators;
mod percent;
mod range;
pub(crate) mod regex;
mod repr;
mod set;
mod set_methods;
mod space;
mod string;
#[cfg(test)]
mod tests;
mod tuple;
mod type_name;
mod view;

pub(crate) use arguments::{Arguments, bind, bind_required, expect_int, expect_str, given, no_arguments};
pub(crate) use bound::{bound_method, is_method_name};
pub(crate) use decimal::Decimal;
pub(crate) use dict::{Dict, dict};
pub(crate) use dict_methods::pairs_of;
pub(crate) use errors::{raise, raised};
pub(crate) use errors::{type_error, unknown_method, value_error};
pub(crate) use integer::{as_int, int_value};
pub(crate) use items::items_of;
pub(crate) use json::json_dumps_indented;
pub(crate) use json::{from_json, json_dumps, to_json};
pub(crate) use large_integer::LargeInteger;
pub(crate) use list::{List, list};
pub(crate) use markup::{escaped, markup_of};
pub(crate) use methods::call_method;
pub(crate) use number::float_repr;
pub(crate) use number::{as_float, whole};
pub(crate) use percent::percent_format;
pub(crate) use range::{Range, range};
use repr::ascii;
pub(crate) use repr::{json_repr, repr, to_str, write_str_repr};
pub(crate) use set::{Set, check_hashable};
pub(crate) use space::is_space;
pub(crate) use string::{is_line_break, lines};
pub(crate) use tuple::tuple;
pub(crate) use type_name::type_name;
