//! minijinja's environments: Jinja2's settings, Python's operators and methods.

use std::cmp::Ordering;
use std::sync::Arc;

use minijinja::value::{Object, Rest, ValueKind, ValueOrKwargs};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value};

use super::closure;
use super::errors;
use super::filters::{self, is_tolerant};
use super::folding;
use super::interruptible;
use super::intrinsic;
use super::native;
use super::python::{self, operators};
use super::returned::return_value;
use super::scope::Scope;
use crate::diagnostic::Diagnostic;

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
    if let Some(text) = value.as_str().filter(|_| value.kind() == ValueKind::String) {
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
        return undefined(state);
    }
    match python::call_method(state, value, method, args) {
        // an item of that name is called next
        Err(error)
            if error.kind() == ErrorKind::UnknownMethod
                && is_tolerant(state)
                && value.get_attr(method).is_ok_and(|item| item.is_undefined()) =>
        {
            Ok(Value::UNDEFINED)
        }
        called => called,
    }
}

fn undefined(state: &State<'_, '_>) -> Result<Value, Error> {
    if is_tolerant(state) { Ok(Value::UNDEFINED) } else { Err(Error::from(ErrorKind::UndefinedError)) }
}

/// What lowering puts into templates.
fn add_intrinsics(environment: &mut Environment<'static>) {
    environment.add_filter(intrinsic::LIST, |list: Value| -> Result<Value, Error> {
        Ok(python::list(list.try_iter()?.collect()))
    });
    environment.add_filter(intrinsic::DICT, |dict: Value| -> Result<Value, Error> {
        let pairs = dict.as_object().and_then(minijinja::value::DynObject::try_iter_pairs);
        let pairs: Vec<_> = pairs.into_iter().flatten().collect();
        pairs.iter().try_for_each(|(key, _)| python::check_hashable(key))?;
        Ok(python::dict(pairs))
    });
    environment.add_filter(intrinsic::SLICE, slice);
    environment.add_filter(intrinsic::CALLEE, callee);
    environment.add_filter(intrinsic::CLOSURE, |state: &State<'_, '_>, body: Value, names: Value| {
        closure::capture(state, &body, &names)
    });
    environment.add_filter(intrinsic::METHOD, |attribute: Value, receiver: &Value, name: &str| {
        method_before(receiver, name, attribute)
    });
    environment.add_filter(intrinsic::ATTRIBUTE, |receiver: Value, name: &str| -> Result<Value, Error> {
        let attribute = receiver.get_attr(name)?;
        Ok(method_before(&receiver, name, attribute))
    });
    environment.add_filter(intrinsic::ITEM, |state: &State<'_, '_>, container: Value, key: Value| {
        if container.is_undefined() { undefined(state) } else { operators::item(&container, &key) }
    });
    environment.add_filter(intrinsic::UNPACKED, |value: Value| letters(&value).unwrap_or(value));
    environment.add_filter(intrinsic::ITERATED, iterated);
    environment.add_filter(intrinsic::EACH_UNPACKED, each_unpacked);
    environment.add_filter(intrinsic::NEGATE, |value: Value| operators::negate(&value));
    environment.add_filter(intrinsic::POSITIVE, |value: Value| operators::positive(&value));
    environment.add_filter(intrinsic::CHAIN, chain);
    environment.add_filter(intrinsic::PRINTED, as_printed);
    environment.add_filter(intrinsic::EMPTY_CYCLE, |_: Value| -> Result<Value, Error> {
        Err(python::type_error("no items for cycling given"))
    });
    environment.add_filter(intrinsic::ONLY_TEXT, only_text);
    environment.add_filter(intrinsic::OTHER_TEMPLATES, other_templates);
    environment.add_filter("attr", own_attribute);
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
    environment.add_filter("in", |value: Value, container: Value| operators::contains(&container, &value));
    environment.add_filter("~", |left: Value, right: Value| operators::concat(&left, &right));
    environment.add_filter("==", |left: Value, right: Value| operators::equals(&left, &right));
    environment.add_filter("!=", |left: Value, right: Value| !operators::equals(&left, &right));
    environment.add_filter("<", |left: Value, right: Value| order("<", &left, &right).map(Ordering::is_lt));
    environment.add_filter("<=", |left: Value, right: Value| order("<=", &left, &right).map(Ordering::is_le));
    environment.add_filter(">", |left: Value, right: Value| order(">", &left, &right).map(Ordering::is_gt));
    environment.add_filter(">=", |left: Value, right: Value| order(">=", &left, &right).map(Ordering::is_ge));
    environment.add_filter("**", |left: Value, right: Value| operators::power(&left, &right));
}

/// `a < b < c`, as operators and right sides that follow each other.
fn chain(first: Value, rest: Rest<Value>) -> Result<bool, Error> {
    let mut left = &first;
    for pair in rest.chunks_exact(2) {
        let right = &pair[1];
        let holds = match pair[0].as_str().unwrap_or_default() {
            "==" => operators::equals(left, right),
            "!=" => !operators::equals(left, right),
            "in" => operators::contains(right, left)?,
            "not in" => !operators::contains(right, left)?,
            operator => {
                let ordering = order(operator, left, right)?;
                match operator {
                    "<" => ordering.is_lt(),
                    "<=" => ordering.is_le(),
                    ">" => ordering.is_gt(),
                    _ => ordering.is_ge(),
                }
            }
        };
        if !holds {
            return Ok(false);
        }
        left = right;
    }
    Ok(true)
}

fn slice(
    state: &State<'_, '_>,
    value: &Value,
    start: &Value,
    stop: &Value,
    step: &Value,
) -> Result<Value, Error> {
    if value.is_undefined() { undefined(state) } else { operators::slice(value, start, stop, step) }
}

/// Where there is no such attribute, the method of this name; Python finds those of a dict before its keys.
fn method_before(receiver: &Value, name: &str, attribute: Value) -> Value {
    let asked = attribute.is_undefined() || python::type_name(receiver) == "dict";
    asked.then(|| python::bound_method(receiver, name)).flatten().unwrap_or(attribute)
}

/// A text is unpacked into its letters.
fn letters(value: &Value) -> Option<Value> {
    let text = value.as_str().filter(|_| value.kind() == ValueKind::String)?;
    Some(python::list(text.chars().map(|letter| Value::from(letter.to_string())).collect()))
}

/// What a loop goes over. minijinja goes over nothing where Python complains.
fn iterated(value: Value) -> Result<Value, Error> {
    // their number is known then, and with it `loop.last`
    let value = letters(&value).unwrap_or(value);
    match value.kind() {
        ValueKind::None | ValueKind::Number | ValueKind::Bool => {
            let kind = python::type_name(&value);
            Err(python::type_error(format!("'{kind}' object is not iterable")))
        }
        _ => Ok(value),
    }
}

fn each_unpacked(value: Value) -> Result<Value, Error> {
    let value = iterated(value)?;
    if !matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
        return Ok(letters(&value).unwrap_or(value));
    }
    let has_texts = value.try_iter()?.any(|item| item.kind() == ValueKind::String);
    if !has_texts {
        return Ok(value);
    }
    let items = python::items_of(&value)?.into_iter().map(|item| letters(&item).unwrap_or(item));
    Ok(python::list(items.collect()))
}

/// What Jinja2 computes beforehand is text where values are collected.
fn as_printed(state: &State<'_, '_>, value: Value) -> Value {
    if value.kind() == ValueKind::String || !folding::has_literal(&value) {
        return value;
    }
    native::text_of(state, &value)
}

/// Jinja2 joins what a block prints, and natively nothing but texts can be joined.
fn only_text(value: Value) -> Result<Value, Error> {
    if value.kind() == ValueKind::String {
        return Ok(value);
    }
    let kind = python::type_name(&value);
    Err(python::type_error(format!("sequence item 0: expected str instance, {kind} found")))
}

/// `x | attr('y')` finds no item.
fn own_attribute(value: &Value, name: &str) -> Result<Value, Error> {
    let attribute = match python::type_name(value).as_str() {
        "dict" => Value::UNDEFINED,
        _ => value.get_attr(name)?,
    };
    Ok(method_before(value, name, attribute))
}

fn other_templates(tag: &str) -> Result<Value, Error> {
    let message = format!("`{{% {tag} %}}` does not work in dbt: there are no other templates to load");
    let help = "put what is shared into a macro and call it";
    Err(python::raise(Diagnostic::compilation("no-other-templates", message).help(help)))
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
fn callee(state: &State<'_, '_>, value: Value, name: &Value) -> Result<Value, Error> {
    if !value.is_undefined() {
        return Ok(value);
    }
    if is_tolerant(state) {
        return Ok(Value::from_object(Anything));
    }
    let scope = Scope::of(state)?;
    Err(errors::raise(errors::undefined_name(&python::to_str(name), &scope)))
}
