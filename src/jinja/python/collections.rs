//! `dict`, `set`, `zip` and their strict forms, `diff_of_two_dicts`.

use minijinja::{Error, State, Value};

use super::itertools::Endless;
use crate::diagnostic::Diagnostic;
use crate::jinja::python::{
    Arguments, Set, bind_required, dict, items_of, list, pairs_of, raise, to_str, tuple,
};

/// `dict(mapping or pairs, name=value)`
pub(crate) fn make_dict(_: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let arguments = Arguments::new("dict", args);
    let mut pairs = Vec::new();
    for source in arguments.positional {
        pairs.extend(pairs_of(source)?);
    }
    let named = arguments.keywords().iter();
    pairs.extend(named.map(|(name, value)| (Value::from(name.as_str()), value.clone())));
    Ok(dict(pairs))
}

fn make_set(value: &Value) -> Result<Value, Error> {
    Set::new(items_of(value)?).map(Value::from_object)
}

pub(crate) fn set(_: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [value, default] = bind_required("set", args, ["value", "default"], 1)?;
    Ok(make_set(&value).unwrap_or(if default.is_undefined() { Value::from(()) } else { default }))
}

pub(crate) fn set_strict(_: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [value] = bind_required("set_strict", args, ["value"], 1)?;
    make_set(&value).map_err(|error| strict("set-strict", &error))
}

fn strict(code: &'static str, error: &Error) -> Error {
    raise(Diagnostic::compilation(code, error.detail().unwrap_or_default()))
}

fn zipped(values: &[Value]) -> Result<Value, Error> {
    let endless = |value: &Value| value.downcast_object_ref::<Endless>().is_some();
    let length = values.iter().filter(|value| !endless(value)).map(|value| Ok(items_of(value)?.len()));
    let length = length.collect::<Result<Vec<usize>, Error>>()?.into_iter().min().unwrap_or_default();
    let columns: Vec<Vec<Value>> = values
        .iter()
        .map(|value| match value.downcast_object_ref::<Endless>() {
            Some(endless) => (0..length).map(|at| endless.at(at)).collect(),
            None => items_of(value),
        })
        .collect::<Result<_, _>>()?;
    let row = |at: usize| tuple(columns.iter().map(|column| column[at].clone()).collect());
    Ok(list((0..length).map(row).collect()))
}

#[expect(clippy::unnecessary_wraps, reason = "called as all functions are")]
pub(crate) fn zip(_: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let mut arguments = Arguments::new("zip", args);
    let default = arguments.take_keyword("default").unwrap_or(Value::from(()));
    Ok(zipped(arguments.positional).unwrap_or(default))
}

pub(crate) fn zip_strict(_: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    zipped(args).map_err(|error| strict("zip-strict", &error))
}

/// What the first dict has and the second has not, names compared without case.
pub(crate) fn diff_of_two_dicts(_: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [first, second] = bind_required("diff_of_two_dicts", args, ["dict_a", "dict_b"], 2)?;
    let lower = |value: &Value| to_str(value).to_lowercase();
    let mut known = Vec::new();
    for (key, values) in pairs_of(&second)? {
        known.push((lower(&key), items_of(&values)?.iter().map(lower).collect::<Vec<_>>()));
    }
    let mut difference = Vec::new();
    for (key, values) in pairs_of(&first)? {
        let Some((_, others)) = known.iter().find(|(name, _)| *name == lower(&key)) else {
            difference.push((key, values));
            continue;
        };
        let left: Vec<Value> =
            items_of(&values)?.into_iter().filter(|value| !others.contains(&lower(value))).collect();
        if !left.is_empty() {
            difference.push((key, list(left)));
        }
    }
    Ok(dict(difference))
}
