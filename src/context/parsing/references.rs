//! `ref`, `source`, `metric` and `function` as they record their arguments.

use std::fmt;
use std::sync::{Arc, Mutex};

use minijinja::value::{Kwargs, Object, ObjectRepr};
use minijinja::{Error, State, Value};

use super::{Recorded, lock};
use crate::context::objects::MetricReference;
use crate::diagnostic::Diagnostic;
use crate::jinja::python;
use crate::manifest::{RefArgs, Version};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Ref,
    Source,
    Metric,
    Function,
}

pub(super) struct Recorder {
    pub(super) kind: Kind,
    pub(super) recorded: Arc<Mutex<Recorded>>,
    pub(super) this: Value,
    /// What `builtins.ref.config` is.
    pub(super) config: Value,
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind)
    }
}

impl Object for Recorder {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str()? == "config").then(|| self.config.clone())
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let mut recorded = lock(&self.recorded);
        match self.kind {
            Kind::Ref => recorded.refs.push(ref_args(args)?),
            Kind::Source => recorded.sources.push(source_args(args)?),
            Kind::Metric => {
                let names = one_or_two("metric", args)?;
                let reference = metric(&names);
                recorded.metrics.push(names);
                return Ok(reference);
            }
            Kind::Function => recorded.functions.push(one_or_two("function", args)?),
        }
        Ok(self.this.clone())
    }
}

/// The arguments of a `ref()`; `run` reads them the same way.
pub(super) fn ref_args(args: &[Value]) -> Result<RefArgs, Error> {
    let (positional, mut version) = split(args)?;
    let names = texts("ref", positional)?;
    if version.as_ref().is_some_and(Value::is_none) {
        version = None;
    }
    let version = version.map(|value| match value.as_str() {
        Some(text) => Version::from(text),
        None => match python::to_json(&value) {
            serde_json::Value::Number(number) => Version::Number(number),
            other => Version::Text(python::json_repr(&other)),
        },
    });
    match names.as_slice() {
        [name] => Ok(RefArgs { name: name.clone(), package: None, version }),
        [package, name] => Ok(RefArgs { name: name.clone(), package: Some(package.clone()), version }),
        _ => Err(wrong_arity("ref", "ref() takes at most two positional arguments", names.len())),
    }
}

fn split(args: &[Value]) -> Result<(&[Value], Option<Value>), Error> {
    let Some((last, rest)) = args.split_last().filter(|(last, _)| last.is_kwargs()) else {
        return Ok((args, None));
    };
    let keywords = Kwargs::try_from(last.clone())?;
    let mut version = None;
    let names: Vec<String> = keywords.args().map(str::to_owned).collect();
    for name in names {
        let value: Value = keywords.get(&name)?;
        if name == "version" || name == "v" {
            version = Some(value);
        } else {
            return Err(python::raise(
                Diagnostic::compilation(
                    "ref-arguments",
                    format!("ref() got an unexpected keyword argument '{name}'"),
                )
                .help("ref() takes a name, or a package and a name, and `version`"),
            ));
        }
    }
    Ok((rest, version))
}

/// The arguments of a `source()`.
pub(super) fn source_args(args: &[Value]) -> Result<Vec<String>, Error> {
    let names = texts("source", args)?;
    if names.len() == 2 {
        return Ok(names);
    }
    Err(wrong_arity("source", "source() takes exactly two arguments", names.len()))
}

/// A name, or a package and a name.
fn metric(names: &[String]) -> Value {
    let (name, package) = match names {
        [package, name] => (name, Some(package.clone())),
        other => (&other[0], None),
    };
    MetricReference { name: name.clone(), package, fields: serde_json::Value::Null }.into_value()
}

fn one_or_two(function: &'static str, args: &[Value]) -> Result<Vec<String>, Error> {
    let names = texts(function, args)?;
    if matches!(names.len(), 1 | 2) {
        return Ok(names);
    }
    Err(wrong_arity(function, &format!("{function}() takes at most two arguments"), names.len()))
}

fn texts(function: &'static str, args: &[Value]) -> Result<Vec<String>, Error> {
    args.iter()
        .map(|value| match value.as_str() {
            Some(text) => Ok(text.to_owned()),
            None => Err(python::raise(
                Diagnostic::compilation(
                    "reference-type",
                    format!(
                        "The name argument to {function}() must be a string, got {}",
                        python::type_name(value)
                    ),
                )
                .help(format!("write the name in quotes, as in `{function}('orders')`")),
            )),
        })
        .collect()
}

fn wrong_arity(function: &str, rule: &str, given: usize) -> Error {
    python::raise(
        Diagnostic::compilation("reference-arguments", format!("{rule} ({given} given)"))
            .help(format!("see how {function}() is called elsewhere in the project")),
    )
}
