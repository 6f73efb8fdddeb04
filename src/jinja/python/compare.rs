//! Python's order and equality of values.

use std::cmp::Ordering;

use minijinja::value::{DynObject, Value, ValueKind};
use minijinja::{Error, ErrorKind};

use super::decimal::as_decimal;
use super::integer::as_int;
use super::items::items_of;
use super::number::as_float;
use super::type_name;

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
    if let (Some(left), Some(right)) = (as_int(left), as_int(right)) {
        return Some(left.cmp(&right));
    }
    match (as_decimal(left), as_decimal(right)) {
        (Some(left), Some(right)) => Some(left.compare(&right)),
        _ => {
            let (left, right) = (as_float_or_bool(left)?, as_float_or_bool(right)?);
            // a zero equals a negative zero
            Some(left.partial_cmp(&right).unwrap_or_else(|| left.total_cmp(&right)))
        }
    }
}

/// `left == right`, with numbers of all kinds equal to those of the same value.
pub(crate) fn equals(left: &Value, right: &Value) -> bool {
    if let Some(order) = compare_numbers(left, right) {
        let is_nan = |value: &Value| as_float(value).is_some_and(f64::is_nan);
        return order.is_eq() && !is_nan(left);
    }
    match (plain_items(left), plain_items(right)) {
        (Some(ours), Some(theirs)) => {
            left.is_tuple() == right.is_tuple()
                && ours.len() == theirs.len()
                && ours.iter().zip(&theirs).all(|(ours, theirs)| equals(ours, theirs))
        }
        (None, None) if left.kind() == ValueKind::Map && right.kind() == ValueKind::Map => {
            same_pairs(left, right)
        }
        (None, None) => left == right,
        _ => false,
    }
}

fn same_pairs(left: &Value, right: &Value) -> bool {
    let pairs = |value: &Value| value.as_object().and_then(DynObject::try_iter_pairs);
    let (Some(ours), Some(_)) = (pairs(left), pairs(right)) else { return left == right };
    left.len() == right.len()
        && ours.into_iter().all(|(key, value)| {
            let other = right.get_item(&key).unwrap_or_default();
            (!other.is_undefined() || value.is_undefined()) && equals(&value, &other)
        })
}

/// What `<`, `<=`, `>` and `>=` look at; kinds that have no order are an error as in Python.
pub(crate) fn order(operator: &str, left: &Value, right: &Value) -> Result<Ordering, Error> {
    if let Some(order) = compare_numbers(left, right) {
        return Ok(order);
    }
    if let (Some(ours), Some(theirs)) = (plain_items(left), plain_items(right))
        && left.is_tuple() == right.is_tuple()
    {
        let different = ours.iter().zip(&theirs).find(|(ours, theirs)| !equals(ours, theirs));
        return match different {
            Some((ours, theirs)) => order(operator, ours, theirs),
            None => Ok(ours.len().cmp(&theirs.len())),
        };
    }
    let (ours, theirs) = (type_name(left), type_name(right));
    let ordered = match left.kind() {
        ValueKind::String | ValueKind::Bytes => left.kind() == right.kind(),
        ValueKind::Plain => ours == theirs,
        _ => ours == "set" && theirs == "set",
    };
    if ordered {
        return Ok(compare(left, right));
    }
    let kind = match left.is_undefined() || right.is_undefined() {
        true => ErrorKind::UndefinedError,
        false => ErrorKind::InvalidOperation,
    };
    Err(Error::new(kind, format!("'{operator}' not supported between instances of '{ours}' and '{theirs}'")))
}
