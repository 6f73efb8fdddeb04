//! dbt's native environment: a value of YAML or of a profile keeps its type, `"{{ 1 + 1 }}"` is a number.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::machinery::ast::Expr;
use minijinja::machinery::parse_expr;
use minijinja::value::{Enumerator, Object, ObjectRepr, ValueKind};
use minijinja::{Environment, Error, State, Value};

use crate::diagnostic::{Diagnostic, Result};

use super::compiled::Template;
use super::errors;
use super::evaluate::evaluate;
use super::intrinsic;
use super::lower::Output;
use super::python;
use super::scope::Scope;
use super::source_map::SourceMap;

/// What `as_bool`, `as_number`, `as_native` and `as_text` make of a text in the native environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Bool,
    Number,
    Native,
    Text,
}

/// A text that such a filter returned. dbt: until it is printed it is a text like any other.
#[derive(Debug)]
struct Marked {
    text: String,
    wanted: Wanted,
}

#[derive(Debug, Default)]
struct Printed {
    values: Vec<Value>,
    marked: Vec<Marked>,
}

/// Where a template that is evaluated natively puts what it would print.
#[derive(Debug, Default)]
struct Collected(Mutex<Printed>);

impl Collected {
    fn printed(&self) -> MutexGuard<'_, Printed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Object for Collected {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let mut printed = self.printed();
        let Some(value) = args.first() else { return Ok(Value::UNDEFINED) };
        // one alone is a value; of several the text is made as they come, before they change
        let as_text = |value: &Value| Value::from(python::to_str(value));
        let value = if printed.values.is_empty() { value.clone() } else { as_text(value) };
        if let [first] = printed.values.as_mut_slice() {
            *first = as_text(first);
        }
        printed.values.push(value);
        Ok(Value::UNDEFINED)
    }
}

pub(crate) struct Native;

impl Native {
    pub(crate) fn evaluate(text: &str, map: SourceMap, scope: &Arc<Scope>) -> Result<Value> {
        let collected = Arc::new(Collected::default());
        let mut native = scope.with_the_same_variables();
        native.variables.push((intrinsic::OUTPUT, Value::from_dyn_object(Arc::clone(&collected))));
        let native = Arc::new(native);
        let place = map.clone();
        Template::with_output(text, map, Output::Values, |template| {
            evaluate(template, &native, &mut String::new())
                .map_err(|error| errors::of_run(&error, template, &native))
        })??;
        let printed = std::mem::take(&mut *collected.printed());
        concatenated(printed).map_err(|message| {
            Diagnostic::compilation("native-value", message).label(place.span(0..text.len()), "").boxed()
        })
    }

    pub(crate) fn expression(text: &str, map: SourceMap, scope: &Arc<Scope>) -> Result<Value> {
        Template::with_expression(text, map, |template| {
            evaluate(template, scope, &mut String::new())
                .map(Option::unwrap_or_default)
                .map_err(|error| errors::of_run(&error, template, scope))
        })?
    }
}

/// One value keeps its type, several become a text.
fn concatenated(printed: Printed) -> Result<Value, String> {
    let Printed { mut values, marked } = printed;
    match values.len() {
        0 => Ok(Value::from("")),
        1 => {
            let value = values.remove(0);
            match marked.iter().rfind(|marked| value.as_str() == Some(&marked.text)) {
                Some(marked) => converted(marked),
                None => Ok(value),
            }
        }
        _ => Ok(Value::from(values.iter().map(python::to_str).collect::<String>())),
    }
}

fn converted(marked: &Marked) -> Result<Value, String> {
    if marked.wanted == Wanted::Text {
        return Ok(Value::from(marked.text.as_str()));
    }
    let value = literal_eval(&marked.text).unwrap_or_else(|| Value::from(marked.text.as_str()));
    let fits = match marked.wanted {
        Wanted::Bool => value.kind() == ValueKind::Bool,
        Wanted::Number => value.is_number(),
        Wanted::Native | Wanted::Text => true,
    };
    let type_name = if marked.wanted == Wanted::Bool { "bool" } else { "number" };
    if fits {
        Ok(value)
    } else {
        Err(format!("Could not convert value '{}' into type '{type_name}'", marked.text))
    }
}

/// A value as text, whatever filters marked on the way.
pub(super) fn text_of(state: &State<'_, '_>, value: &Value) -> Value {
    let text = python::to_str(value);
    let output = state.lookup(intrinsic::OUTPUT);
    if let Some(collected) = output.as_ref().and_then(Value::downcast_object_ref::<Collected>) {
        collected.printed().marked.push(Marked { text: text.clone(), wanted: Wanted::Text });
    }
    Value::from(text)
}

/// The filters, which do nothing where text is rendered.
pub(super) fn add_filters(environment: &mut Environment<'static>) {
    for (name, wanted) in [
        ("as_bool", Wanted::Bool),
        ("as_number", Wanted::Number),
        ("as_native", Wanted::Native),
        ("as_text", Wanted::Text),
    ] {
        environment.add_filter(name, move |state: &State<'_, '_>, value: Value| {
            let output = state.lookup(intrinsic::OUTPUT);
            let Some(collected) = output.as_ref().and_then(Value::downcast_object_ref::<Collected>) else {
                return value;
            };
            let text = python::to_str(&value);
            collected.printed().marked.push(Marked { text: text.clone(), wanted });
            Value::from(text)
        });
    }
}

/// Python's `ast.literal_eval`.
fn literal_eval(text: &str) -> Option<Value> {
    let tuple = format!("({text})");
    literal(&parse_expr(&tuple).ok()?, text)
}

fn literal(expression: &Expr<'_>, text: &str) -> Option<Value> {
    let all = |items: &[Expr<'_>]| items.iter().map(|item| literal(item, text)).collect::<Option<Vec<_>>>();
    Some(match expression {
        // Python spells them with a capital.
        Expr::Const(one) if one.value.is_none() => text.contains("None").then(|| one.value.clone())?,
        Expr::Const(one) if one.value.kind() == ValueKind::Bool => {
            let name = if one.value.is_true() { "True" } else { "False" };
            text.contains(name).then(|| one.value.clone())?
        }
        Expr::Const(one) => one.value.clone(),
        Expr::List(one) => python::list(all(&one.items)?),
        Expr::Tuple(one) => python::tuple(all(&one.items)?),
        Expr::Map(one) => python::dict(all(&one.keys)?.into_iter().zip(all(&one.values)?)),
        Expr::UnaryOp(one) if matches!(one.expr, Expr::Const(_)) => {
            expression.as_const().filter(Value::is_number)?
        }
        _ => return None,
    })
}
