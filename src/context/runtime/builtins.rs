//! `builtins`: the names of the context as they are without the project's macros. Each is made when it is asked for.

use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr};

use super::NodeContext;
use super::names::NAMES;
use crate::context::functions::globals;

#[derive(Debug)]
pub(super) struct Builtins(pub(super) Arc<NodeContext>);

impl Object for Builtins {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str().filter(|name| *name != "builtins")?;
        let own = NAMES.contains(&name).then(|| self.0.value(name)).flatten();
        own.or_else(|| globals().find_map(|(known, value)| (known == name).then(|| value.clone())))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let others = globals().map(|(name, _)| name).filter(|name| !NAMES.contains(name));
        let mut known: Vec<&str> = NAMES.iter().copied().chain(others).collect();
        known.retain(|name| self.get_value(&Value::from(*name)).is_some());
        Enumerator::Values(known.into_iter().map(Value::from).collect())
    }
}
