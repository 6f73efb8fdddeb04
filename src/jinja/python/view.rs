//! What `dict.keys()`, `.values()` and `.items()` return.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};

use super::repr;

#[derive(Clone, Copy)]
pub(super) enum ViewKind {
    Keys,
    Values,
    Items,
}

/// A dict's keys, values or pairs at the time of the call.
pub(super) struct View {
    kind: ViewKind,
    items: Vec<Value>,
}

impl View {
    pub(super) fn value(kind: ViewKind, items: Vec<Value>) -> Value {
        Value::from_object(Self { kind, items })
    }
}

impl ViewKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Keys => "dict_keys",
            Self::Values => "dict_values",
            Self::Items => "dict_items",
        }
    }
}

/// The name of its type, if it is a view.
pub(super) fn kind_of(value: &Value) -> Option<&'static str> {
    value.downcast_object_ref::<View>().map(|view| view.kind.name())
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.kind.name(), repr(&Value::from(self.items.clone())))
    }
}

impl Object for View {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.items.clone())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.items.len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
