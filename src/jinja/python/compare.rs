//! Python's order and equality of values.

use std::cmp::Ordering;

use minijinja::Error;
use minijinja::value::{Value, ValueKind};

use super::decimal::as_decimal;
use super::integer::as_int;
use super::items::items_of;
use super::number::as_float;
use super::{Decimal, type_error, type_name};

pub(super) fn is_list(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) && type_name(value) == "list"
}

pub(super) fn as_float_or_bool(value: &Value) -> Option<f64> {
    as_float(value).or_else(|| as_int(value).map(|int| if int == 0 { 0.0 } else { 1.0 }))
}

/// A total order for sorting: numbers of all kinds by value, else minijinja's order.
pub(crate) fn compare(left: &Value, right: &Value) -> Ordering {
    if let Some(order) = compare_numbers(left, right) {
        return order;
    }
    if let (Some(left), Some(right)) = (plain_items(left), plain_items(right)) {
        let pairs = left.iter().zip(&right).map(|(left, right)| compare(left, right));
        let first = pairs.into_iter().find(|order| order.is_ne());
        return first.unwrap_or_else(|| left.len().cmp(&right.len()));
    }
    left.cmp(right)
}

pub(super) fn plain_items(value: &Value) -> Option<Vec<Value>> {
    if value.is_tuple() || is_list(value) { items_of(value).ok() } else { None }
}

pub(super) fn compare_numbers(left: &Value, right: &Value) -> Option<Ordering> {
    match (as_decimal(left), as_decimal(right)) {
        (Some(left), Some(right)) => Some(left.compare(&right)),
        _ => Some(as_float_or_bool(left)?.total_cmp(&as_float_or_bool(right)?)),
    }
}

/// `left == right`, with decimals equal to ints and floats of the same value.
pub(crate) fn equals(left: &Value, right: &Value) -> bool {
    if left == right {
        return true;
    }
    let decimals = [left, right].iter().any(|value| value.downcast_object_ref::<Decimal>().is_some());
    if decimals {
        return compare_numbers(left, right) == Some(Ordering::Equal);
    }
    match (plain_items(left), plain_items(right)) {
        (Some(ours), Some(theirs)) if left.is_tuple() == right.is_tuple() && ours.len() == theirs.len() => {
            ours.iter().zip(&theirs).all(|(ours, theirs)| equals(ours, theirs))
        }
        _ => false,
    }
}

/// What `<`, `<=`, `>` and `>=` look at; kinds that have no order are an error as in Python.
pub(crate) fn order(operator: &str, left: &Value, right: &Value) -> Result<Ordering, Error> {
    let same_kind = left.kind() == right.kind() && !left.is_none() && !left.is_undefined();
    let same_class = left.kind() != ValueKind::Plain || type_name(left) == type_name(right);
    let comparable = same_kind && same_class
        || is_list(left) && is_list(right)
        || as_float_or_bool(left).is_some() && as_float_or_bool(right).is_some();
    if comparable {
        return Ok(compare(left, right));
    }
    let (left, right) = (type_name(left), type_name(right));
    Err(type_error(format!("'{operator}' not supported between instances of '{left}' and '{right}'")))
}
