//! Binds the arguments of a call to a macro's parameters, with Jinja2's rules and complaints.

use std::sync::Arc;

use minijinja::Value;

use crate::diagnostic::{Diagnostic, Result, did_you_mean};

use super::compiled::{CompiledParameter, Default};
use super::errors;
use super::evaluate::evaluate;
use super::lower::Uses;
use super::python;
use super::scope::Scope;

/// Who is called.
pub(super) struct Callee<'a> {
    pub(super) name: &'a str,
    pub(super) parameters: &'a [CompiledParameter],
    pub(super) uses: Uses,
}

/// Fills the variables of the scope that the body will run in.
pub(super) fn bind(callee: &Callee<'_>, args: &[Value], scope: &mut Scope) -> Result<()> {
    let (positional, keywords) = split(args);
    let surplus = positional.get(callee.parameters.len()..).unwrap_or_default();
    if !surplus.is_empty() && !callee.uses.varargs {
        return Err(too_many(callee));
    }
    let mut unused: Vec<(String, Value)> = keywords;
    for (index, parameter) in callee.parameters.iter().enumerate() {
        let given = match positional.get(index) {
            Some(value) => Some(value.clone()),
            None => take(&mut unused, parameter.name),
        };
        let value = match (given, &parameter.default) {
            (Some(value), _) => value,
            (None, Default::Required) => Value::UNDEFINED,
            (None, Default::Constant(value)) => value.clone(),
            (None, Default::Computed(template)) => {
                let partial = Arc::new(scope.with_the_same_variables());
                match evaluate(template, &partial, &mut String::new()) {
                    Ok(value) => value.unwrap_or_default(),
                    Err(error) => return Err(errors::of_run(&error, template, &partial)),
                }
            }
        };
        scope.variables.push((parameter.name, value));
    }
    if callee.uses.caller {
        let value = take(&mut unused, "caller").unwrap_or_default();
        scope.variables.push(("caller", value));
    }
    if callee.uses.varargs {
        scope.variables.push(("varargs", python::tuple(surplus.to_vec())));
    }
    if callee.uses.kwargs {
        let pairs = unused.into_iter().map(|(name, value)| (Value::from(name), value));
        scope.variables.push(("kwargs", python::dict(pairs)));
    } else if let Some((name, _)) = unused.first() {
        return Err(unknown_keyword(callee, name));
    }
    Ok(())
}

/// The arguments with the constant defaults of another macro for parameters that have none and were not given.
pub(super) fn filled(
    other: &[CompiledParameter],
    parameters: &[CompiledParameter],
    args: &[Value],
) -> Option<Vec<Value>> {
    let (positional, mut keywords) = split(args);
    let given = keywords.len();
    for parameter in parameters.iter().skip(positional.len()) {
        let is_needed = matches!(parameter.default, Default::Required)
            && keywords.iter().all(|(name, _)| name != parameter.name);
        let known = other.iter().find(|known| known.name == parameter.name);
        if is_needed && let Some(Default::Constant(value)) = known.map(|known| &known.default) {
            keywords.push((parameter.name.to_owned(), value.clone()));
        }
    }
    if keywords.len() == given {
        return None;
    }
    let mut all = positional.to_vec();
    all.push(Value::from(keywords.into_iter().collect::<minijinja::value::Kwargs>()));
    Some(all)
}

fn split(args: &[Value]) -> (&[Value], Vec<(String, Value)>) {
    match args.split_last() {
        Some((last, positional)) if last.is_kwargs() => {
            let pairs = last.as_object().and_then(minijinja::value::DynObject::try_iter_pairs);
            let keywords = pairs.into_iter().flatten();
            (positional, keywords.map(|(name, value)| (name.to_string(), value)).collect())
        }
        _ => (args, Vec::new()),
    }
}

fn take(keywords: &mut Vec<(String, Value)>, name: &str) -> Option<Value> {
    let index = keywords.iter().position(|(given, _)| given == name)?;
    Some(keywords.remove(index).1)
}

fn too_many(callee: &Callee<'_>) -> Box<Diagnostic> {
    let message = format!(
        "macro 'dbt_macro__{}' takes not more than {} argument(s)",
        callee.name,
        callee.parameters.len()
    );
    Diagnostic::compilation("macro-arguments", message).help(signature(callee)).boxed()
}

fn unknown_keyword(callee: &Callee<'_>, name: &str) -> Box<Diagnostic> {
    let message = format!("macro 'dbt_macro__{}' takes no keyword argument '{name}'", callee.name);
    let near = did_you_mean(name, callee.parameters.iter().map(|parameter| parameter.name));
    Diagnostic::compilation("macro-arguments", message)
        .help(near.unwrap_or_else(|| signature(callee)))
        .boxed()
}

fn signature(callee: &Callee<'_>) -> String {
    let names: Vec<_> = callee.parameters.iter().map(|parameter| parameter.name).collect();
    format!("its signature is `{}({})`", callee.name, names.join(", "))
}
