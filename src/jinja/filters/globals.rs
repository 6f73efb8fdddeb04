//! Jinja2's global functions that minijinja lacks.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use minijinja::value::{Enumerator, Kwargs, Object, ObjectRepr, Rest, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State, Value};

use super::super::python::function::function;
use super::super::python::range;

pub(super) fn install(environment: &mut Environment<'static>) {
    environment.add_function("cycler", |values: Rest<Value>| {
        Value::from_object(Cycler { values: values.to_vec(), position: AtomicUsize::new(0) })
    });
    environment.add_global("range", function("range", range));
    environment.add_global("lipsum", function("lipsum", super::lipsum::lipsum));
    environment.add_function("joiner", |separator: Option<Value>| {
        let separator = separator.unwrap_or_else(|| Value::from(", "));
        Value::from_object(Joiner { separator, calls: AtomicUsize::new(0) })
    });
    let Some(namespace) = environment.globals().find(|(name, _)| *name == "namespace") else { return };
    let namespace = namespace.1;
    environment.add_function("namespace", move |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| {
        // Jinja2 takes mappings too, as `dict` does.
        let names: Names = args.into_values().iter().flat_map(pairs).collect();
        namespace.call(state, &[Value::from(Kwargs::from_iter(names))])
    });
}

type Names = Vec<(String, Value)>;

fn pairs(value: &Value) -> Names {
    let pairs = value.as_object().and_then(minijinja::value::DynObject::try_iter_pairs);
    pairs.into_iter().flatten().map(|(name, value)| (name.to_string(), value)).collect()
}

/// `cycler('odd', 'even')`
#[derive(Debug)]
struct Cycler {
    values: Vec<Value>,
    position: AtomicUsize,
}

impl Cycler {
    fn at(&self, position: usize) -> Value {
        self.values.get(position % self.values.len().max(1)).cloned().unwrap_or_default()
    }
}

impl Object for Cycler {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str() == Some("current")).then(|| self.at(self.position.load(Ordering::Relaxed)))
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        _: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "next" => Ok(self.at(self.position.fetch_add(1, Ordering::Relaxed))),
            "reset" => {
                self.position.store(0, Ordering::Relaxed);
                Ok(Value::from(()))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

/// `joiner(', ')`: nothing at the first call, then the separator.
#[derive(Debug)]
struct Joiner {
    separator: Value,
    calls: AtomicUsize,
}

impl Object for Joiner {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
        let first = self.calls.fetch_add(1, Ordering::Relaxed) == 0;
        Ok(if first { Value::from("") } else { self.separator.clone() })
    }
}
