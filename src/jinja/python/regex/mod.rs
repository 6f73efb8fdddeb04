//! Python's `re` on fancy-regex.

mod found;
mod pattern;
mod replacement;
mod searching;
mod syntax;

use minijinja::{Error, State, Value};

use pattern::Pattern;

use crate::jinja::python::function::function;
use crate::jinja::python::namespace::namespace;
use crate::jinja::python::{Arguments, bind_required, expect_str};
use syntax::{Flags, escape};

type ValueResult = Result<Value, Error>;

/// `modules.re`
pub(crate) fn module() -> Value {
    let mut members = vec![
        ("compile", function("compile", compile)),
        ("escape", function("escape", escape_call)),
        ("purge", function("purge", |_, _| Ok(Value::from(())))),
        ("match", function("match", |state, args| of_module("match", state, args))),
        ("fullmatch", function("fullmatch", |state, args| of_module("fullmatch", state, args))),
        ("search", function("search", |state, args| of_module("search", state, args))),
        ("sub", function("sub", |state, args| of_module("sub", state, args))),
        ("subn", function("subn", |state, args| of_module("subn", state, args))),
        ("split", function("split", |state, args| of_module("split", state, args))),
        ("findall", function("findall", |state, args| of_module("findall", state, args))),
        ("finditer", function("finditer", |state, args| of_module("finditer", state, args))),
    ];
    members.extend(Flags::NAMES.map(|(name, flag)| (name, Value::from(flag))));
    namespace("re", members)
}

/// `re.search(pattern, ..)` is `re.compile(pattern, flags).search(..)`.
fn of_module(method: &'static str, state: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let names: &[&str] = match method {
        "sub" | "subn" => &["pattern", "repl", "string", "count", "flags"],
        "split" => &["pattern", "string", "maxsplit", "flags"],
        _ => &["pattern", "string", "flags"],
    };
    let mut arguments = Arguments::new(method, args);
    let mut slots: Vec<Option<Value>> = names
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let keyword = arguments.take_keyword(name);
            arguments.positional.get(at).cloned().or(keyword)
        })
        .collect();
    let flags = slots.pop().flatten();
    let pattern = slots.remove(0).unwrap_or_default();
    let pattern = Pattern::of_value(&pattern, flags.as_ref())?;
    let rest: Vec<Value> = slots.into_iter().map_while(|slot| slot).collect();
    pattern.run(state, method, &rest)
}

fn compile(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let [pattern, flags] = bind_required("compile", args, ["pattern", "flags"], 1)?;
    Pattern::of_value(&pattern, Some(&flags)).map(Value::from_object)
}

fn escape_call(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let [text] = bind_required("escape", args, ["pattern"], 1)?;
    Ok(Value::from(escape(expect_str("escape", &text)?)))
}

#[cfg(test)]
mod tests;
