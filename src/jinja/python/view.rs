//! What `dict.keys()`, `.values()` and `.items()` return: a dict's keys, values or pairs at the time of the call.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};

use super::repr;

macro_rules! view {
    ($name:ident, $python:literal) => {
        pub(super) struct $name(Vec<Value>);

        impl $name {
            pub(super) fn value(items: Vec<Value>) -> Value {
                Value::from_object(Self(items))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", $python, repr(&Value::from(self.0.clone())))
            }
        }

        impl Object for $name {
            fn repr(self: &Arc<Self>) -> ObjectRepr {
                ObjectRepr::Iterable
            }

            fn enumerate(self: &Arc<Self>) -> Enumerator {
                Enumerator::Values(self.0.clone())
            }

            fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
                Some(self.0.len())
            }

            fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self, f)
            }
        }
    };
}

view!(DictKeys, "dict_keys");
view!(DictValues, "dict_values");
view!(DictItems, "dict_items");
