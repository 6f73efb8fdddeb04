//! `map`, `select` and their kin: filters that call other filters and tests by name.

use minijinja::value::{Kwargs, Rest, ValueOrKwargs};
use minijinja::{Environment, Error, State, Value};

use super::super::python::{self, Arguments, items_of, type_error};
use super::path::below;

pub(super) fn install(environment: &mut Environment<'static>) {
    environment.add_filter("map", |state: &mut State<'_, '_>, value: Value, args: Rest<ValueOrKwargs>| {
        map(state, &value, &args.into_values())
    });
    for (name, wanted, of_attribute) in [
        ("select", true, false),
        ("reject", false, false),
        ("selectattr", true, true),
        ("rejectattr", false, true),
    ] {
        environment.add_filter(
            name,
            move |state: &mut State<'_, '_>, value: Value, args: Rest<ValueOrKwargs>| {
                chosen(state, &value, &args.into_values(), wanted, of_attribute)
            },
        );
    }
}

/// Jinja2 asks what counts as false for nothing.
fn items(value: &Value) -> Result<Vec<Value>, Error> {
    if value.is_true() { items_of(value) } else { Ok(Vec::new()) }
}

/// The arguments after a name, for the filter or test that it names.
fn passed(item: Value, positional: &[Value], keywords: &[(String, Value)]) -> Vec<Value> {
    let mut args = vec![item];
    args.extend(positional.iter().cloned());
    if !keywords.is_empty() {
        args.push(Value::from(keywords.iter().cloned().collect::<Kwargs>()));
    }
    args
}

fn map(state: &mut State<'_, '_>, value: &Value, args: &[Value]) -> Result<Value, Error> {
    let mut arguments = Arguments::new("map", args);
    let items = items(value)?;
    if arguments.positional.is_empty()
        && let Some(path) = arguments.take_keyword("attribute")
    {
        let default = arguments.take_keyword("default").filter(|default| !default.is_none());
        if let Some((name, _)) = arguments.keywords().first() {
            return Err(type_error(format!("Unexpected keyword argument '{name}'")));
        }
        let found = items.iter().map(|item| below(state, item, &path, default.as_ref()));
        return found.collect::<Result<_, Error>>().map(python::list);
    }
    let mut mapped = Vec::with_capacity(items.len());
    for item in items {
        let Some((name, rest)) = arguments.positional.split_first() else {
            return Err(type_error("map requires a filter argument"));
        };
        let name = name_of("filter", name)?;
        mapped.push(state.apply_filter(name, &passed(item, rest, arguments.keywords()))?);
    }
    Ok(python::list(mapped))
}

fn name_of<'v>(what: &str, name: &'v Value) -> Result<&'v str, Error> {
    name.as_str().ok_or_else(|| type_error(format!("No {what} named {}.", python::repr(name))))
}

fn chosen(
    state: &mut State<'_, '_>,
    value: &Value,
    args: &[Value],
    wanted: bool,
    of_attribute: bool,
) -> Result<Value, Error> {
    let arguments = Arguments::new("select", args);
    let mut kept = Vec::new();
    for item in items(value)? {
        let mut rest = arguments.positional;
        let asked = match rest.split_first() {
            Some((path, others)) if of_attribute => {
                rest = others;
                below(state, &item, path, None)?
            }
            None if of_attribute => return Err(type_error("Missing parameter for attribute name")),
            _ => item.clone(),
        };
        let holds = match rest.split_first() {
            Some((name, rest)) => {
                let name = name_of("test", name)?;
                state.perform_test(name, &passed(asked, rest, arguments.keywords()))?
            }
            None => asked.is_true(),
        };
        if holds == wanted {
            kept.push(item);
        }
    }
    Ok(python::list(kept))
}
