//! minijinja's environments: Jinja2's settings, Python's operators and methods.

use std::cmp::Ordering;
use std::sync::Arc;

use minijinja::value::{Object, Rest, ValueKind, ValueOrKwargs};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value};

use super::closure;
use super::errors;
use super::filters;
use super::interruptible;
use super::lower::intrinsic;
use super::native;
use super::python::{self, operators};
use super::returned::return_value;
use super::scope::Scope;

/// The environment for parsing, which tolerates undefined names, and the one for everything else; `install` adds the
/// functions that every template sees.
pub(crate) fn pair(
    install: impl FnOnce(&mut Environment<'static>),
) -> (Environment<'static>, Environment<'static>) {
    let mut running = Environment::new();
    running.set_auto_escape_callback(|_| AutoEscape::None);
    running.set_debug(false);
    running.set_formatter(print);
    running.set_unknown_method_callback(call_method);
    running.remove_global("debug");
    running.add_function("return", |args: Rest<ValueOrKwargs>| -> Result<Value, Error> {
        let [value] = python::bind("return", &args.into_values(), ["data"])?;
        Err(return_value(value.unwrap_or_else(|| Value::from(()))))
    });
    filters::install(&mut running);
    install(&mut running);
    add_intrinsics(&mut running);
    native::add_filters(&mut running);
    running.set_undefined_behavior(UndefinedBehavior::Lenient);
    let mut parsing = running.clone();
    parsing.set_undefined_behavior(UndefinedBehavior::Chainable);
    (parsing, running)
}

fn print(output: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if let Some(text) = value.as_str() {
        return output.write_str(text).map_err(Error::from);
    }
    if value.is_undefined() {
        return Ok(());
    }
    output.write_str(&python::to_str(value)).map_err(Error::from)
}

fn call_method(
    state: &mut State<'_, '_>,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    if value.is_undefined() {
        return match state.undefined_behavior() {
            UndefinedBehavior::Chainable => Ok(Value::UNDEFINED),
            _ => Err(Error::from(ErrorKind::UndefinedError)),
        };
    }
    python::call_method(state, value, method, args)
}

/// What lowering puts into templates.
fn add_intrinsics(environment: &mut Environment<'static>) {
    environment.add_filter(intrinsic::LIST, |list: Value| -> Result<Value, Error> {
        Ok(python::list(list.try_iter()?.collect()))
    });
    environment.add_filter(intrinsic::DICT, |dict: Value| -> Result<Value, Error> {
        let pairs = dict.as_object().and_then(minijinja::value::DynObject::try_iter_pairs);
        Ok(python::dict(pairs.into_iter().flatten()))
    });
    environment.add_filter(intrinsic::SLICE, slice);
    environment.add_filter(intrinsic::CALLEE, callee);
    environment.add_filter(intrinsic::CLOSURE, |state: &State<'_, '_>, body: Value, names: Value| {
        closure::capture(state, &body, &names)
    });
    environment.add_filter(intrinsic::METHOD, |attribute: Value, receiver: &Value, name: &str| {
        let method = attribute.is_undefined().then(|| python::bound_method(receiver, name)).flatten();
        method.unwrap_or(attribute)
    });
    environment.add_filter(intrinsic::NEGATE, |value: Value| operators::negate(&value));
    environment.add_filter(intrinsic::EMIT, |output: Value| output);
    environment.add_filter(intrinsic::LOOP, |state: &State<'_, '_>, items: &Value| {
        interruptible::iterable(state, items)
    });
    environment.add_filter("+", |left: Value, right: Value| operators::add(&left, &right));
    environment.add_filter("-", |left: Value, right: Value| operators::subtract(&left, &right));
    environment.add_filter("*", |left: Value, right: Value| operators::multiply(&left, &right));
    environment.add_filter("/", |left: Value, right: Value| operators::divide(&left, &right));
    environment.add_filter("//", |left: Value, right: Value| operators::floor_divide(&left, &right));
    environment.add_filter("%", |left: Value, right: Value| operators::modulo(&left, &right));
    environment.add_filter("in", contained);
    environment.add_filter("~", |left: Value, right: Value| operators::concat(&left, &right));
    environment.add_filter("==", |left: Value, right: Value| operators::equals(&left, &right));
    environment.add_filter("!=", |left: Value, right: Value| !operators::equals(&left, &right));
    environment.add_filter("<", |left: Value, right: Value| order("<", &left, &right).map(Ordering::is_lt));
    environment.add_filter("<=", |left: Value, right: Value| order("<=", &left, &right).map(Ordering::is_le));
    environment.add_filter(">", |left: Value, right: Value| order(">", &left, &right).map(Ordering::is_gt));
    environment.add_filter(">=", |left: Value, right: Value| order(">=", &left, &right).map(Ordering::is_ge));
    environment.add_filter("**", |left: Value, right: Value| operators::power(&left, &right));
}

/// Numbers of all kinds are found in lists by their value.
fn contained(state: &State<'_, '_>, value: &Value, container: &Value) -> Result<bool, Error> {
    match container.kind() {
        ValueKind::Seq | ValueKind::Iterable => {
            Ok(python::items_of(container)?.iter().any(|item| operators::equals(item, value)))
        }
        ValueKind::None | ValueKind::Number | ValueKind::Bool => {
            let kind = python::type_name(container);
            Err(python::type_error(format!("argument of type '{kind}' is not iterable")))
        }
        _ => minijinja::tests::is_in(state, value, container),
    }
}

/// Jinja2 finds nothing where Python could not slice.
fn slice(value: &Value, start: &Value, stop: &Value, step: &Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::Number | ValueKind::Bool | ValueKind::None | ValueKind::Map => Ok(Value::UNDEFINED),
        _ => operators::slice(value, start, stop, step),
    }
}

fn order(operator: &str, left: &Value, right: &Value) -> Result<Ordering, Error> {
    operators::order(operator, left, right)
}

/// What an undefined name is while dbt parses: it takes any call.
#[derive(Debug)]
struct Anything;

impl Object for Anything {
    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
        Ok(Value::UNDEFINED)
    }
}

/// What a call of a bare name calls: while dbt parses, undefined names may be called.
fn callee(state: &State<'_, '_>, value: Value, name: &str) -> Result<Value, Error> {
    if !value.is_undefined() {
        return Ok(value);
    }
    let scope = Scope::of(state)?;
    // dbt tolerates them in nodes, not in macros.
    if state.undefined_behavior() == UndefinedBehavior::Chainable && scope.running_macro().is_none() {
        return Ok(Value::from_object(Anything));
    }
    Err(errors::raise(errors::undefined_name(name, &scope)))
}
