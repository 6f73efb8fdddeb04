//! Loops that end when nothing more is to be rendered: a template may take minutes without asking anybody for anything.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{DynObject, Enumerator, Object, ObjectRepr, ValueIter};
use minijinja::{State, Value};

use super::errors;
use super::scope::Scope;

/// What a `{% for %}` iterates over. Anything that is no object is its caller's to refuse, or short.
pub(super) fn iterable(state: &State<'_, '_>, value: &Value) -> Value {
    let items = value.clone();
    match (value.as_object().map(DynObject::repr), Scope::of(state)) {
        (Some(ObjectRepr::Seq | ObjectRepr::Map | ObjectRepr::Iterable), Ok(scope)) => {
            Value::from_object(Interruptible { items, scope })
        }
        _ => items,
    }
}

struct Interruptible {
    items: Value,
    scope: Arc<Scope>,
}

impl fmt::Debug for Interruptible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.items.fmt(f)
    }
}

impl Object for Interruptible {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match self.items.try_iter() {
            Ok(items) => Enumerator::Iter(Box::new(Items { items, scope: Arc::clone(&self.scope) })),
            Err(_) => Enumerator::NonEnumerable,
        }
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        self.items.len()
    }
}

/// An item that is an error ends the loop with it.
struct Items {
    items: ValueIter,
    scope: Arc<Scope>,
}

impl Iterator for Items {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        match self.scope.library().goes_on() {
            Ok(()) => self.items.next(),
            Err(problem) => Some(Value::from(errors::raise(problem))),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }
}
