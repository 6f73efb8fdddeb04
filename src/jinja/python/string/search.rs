//! `find`, `index`, `count`, `startswith` and their kin, with their optional bounds.

use minijinja::Error;
use minijinja::value::Value;

use super::{bind_required, expect_int, expect_str, given, type_error};
use crate::jinja::python::{type_name, value_error};

pub(super) fn call(text: &str, method: &str, args: &[Value]) -> Option<Result<Value, Error>> {
    match method {
        "find" | "rfind" | "index" | "rindex" => Some(find(text, method, args)),
        "count" => Some(count(text, args)),
        "startswith" | "endswith" => Some(affix(text, method, args)),
        _ => None,
    }
}

/// The part between two character bounds, and how many characters stand before it.
fn bounded<'t>(text: &'t str, start: &Value, end: &Value) -> Result<(&'t str, i64), Error> {
    if !given(start) && !given(end) {
        return Ok((text, 0));
    }
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let bound = |bound: &Value, default: i64| -> Result<i64, Error> {
        let at = if given(bound) { expect_int("find", bound)? } else { default };
        Ok(if at < 0 { (at + length).max(0) } else { at.min(length) })
    };
    let (start, end) = (bound(start, 0)?, bound(end, length)?);
    let offset = |at: i64| {
        text.char_indices().nth(usize::try_from(at).unwrap_or_default()).map_or(text.len(), |(at, _)| at)
    };
    Ok((text.get(offset(start)..offset(end)).unwrap_or_default(), start))
}

/// Nothing is there, not even the empty text.
fn begins_beyond(text: &str, start: &Value) -> bool {
    start.as_usize().is_some_and(|start| start > text.chars().count())
}

fn find(text: &str, method: &str, args: &[Value]) -> Result<Value, Error> {
    let [wanted, start, end] = bind_required(method, args, ["sub", "start", "end"], 1)?;
    let wanted = expect_str(method, &wanted)?;
    let (part, before) = bounded(text, &start, &end)?;
    if begins_beyond(text, &start) {
        return if method.ends_with("index") {
            Err(value_error("substring not found"))
        } else {
            Ok(Value::from(-1))
        };
    }
    let found = if method.starts_with('r') { part.rfind(wanted) } else { part.find(wanted) };
    match found {
        Some(at) => Ok(Value::from(i64::try_from(part[..at].chars().count()).unwrap_or_default() + before)),
        None if method.ends_with("index") => Err(value_error("substring not found")),
        None => Ok(Value::from(-1)),
    }
}

fn count(text: &str, args: &[Value]) -> Result<Value, Error> {
    let [wanted, start, end] = bind_required("count", args, ["sub", "start", "end"], 1)?;
    let wanted = expect_str("count", &wanted)?;
    if begins_beyond(text, &start) {
        return Ok(Value::from(0));
    }
    let (part, _) = bounded(text, &start, &end)?;
    Ok(Value::from(part.matches(wanted).count()))
}

fn affix(text: &str, method: &str, args: &[Value]) -> Result<Value, Error> {
    let [affix, start, end] = bind_required(method, args, ["affix", "start", "end"], 1)?;
    let (part, _) = bounded(text, &start, &end)?;
    let is_beyond = begins_beyond(text, &start);
    let holds = |affix: &str| match method {
        _ if is_beyond => false,
        "startswith" => part.starts_with(affix),
        _ => part.ends_with(affix),
    };
    if let Some(affix) = affix.as_str() {
        return Ok(Value::from(holds(affix)));
    }
    if !affix.is_tuple() {
        return Err(type_error(format!(
            "{method} first arg must be str or a tuple of str, not {}",
            type_name(&affix)
        )));
    }
    for choice in affix.try_iter()? {
        if holds(expect_str(method, &choice)?) {
            return Ok(Value::from(true));
        }
    }
    Ok(Value::from(false))
}
