//! Python's tuples.

use minijinja::Value;
use minijinja::value::Tuple;

pub(crate) fn tuple(values: Vec<Value>) -> Value {
    Value::from(Tuple::new(values))
}
